/**
 * The two binary interfaces of MPI: Open MPI's, whose handles are addresses of symbols, and MPICH's, whose handles are
 * numbers of 32 bits (also of Intel MPI, MVAPICH and Cray MPICH, which agreed on it). Everything else that is called here
 * is the same in both. Numbers are those of `mpi.h`.
 */

export type FamilyName = "openmpi" | "mpich";

/** What differs. */
export interface Family {
  /** For messages. */
  readonly title: string;
  /** Names under which the library is looked for, the likeliest first. */
  readonly libraries: Readonly<Record<"linux" | "darwin", readonly string[]>>;
  /** What its library says of its version. */
  readonly version: RegExp;
  /** A handle: the symbol whose address it is, or its number. */
  readonly handles: Readonly<Record<Handle, string | number>>;
  /** MPI_STATUS_IGNORE. */
  readonly statusIgnore: number;
  /** Debian's package of it. */
  readonly packages: string;
}

/** MPI_COMM_WORLD, MPI_ERRORS_RETURN, MPI_BYTE, MPI_FLOAT, MPI_SUM. */
export type Handle = "world" | "errorsReturn" | "byte" | "float" | "sum";

export const families: Readonly<Record<FamilyName, Family>> = {
  openmpi: {
    title: "Open MPI",
    libraries: { linux: ["libmpi.so.40", "libmpi.so"], darwin: ["libmpi.40.dylib", "libmpi.dylib"] },
    version: /^(Open MPI|IBM Spectrum MPI)/,
    handles: {
      world: "ompi_mpi_comm_world",
      errorsReturn: "ompi_mpi_errors_return",
      byte: "ompi_mpi_byte",
      float: "ompi_mpi_float",
      sum: "ompi_mpi_op_sum",
    },
    statusIgnore: 0,
    packages: "openmpi-bin",
  },
  mpich: {
    title: "MPICH",
    libraries: {
      linux: ["libmpi.so.12", "libmpich.so.12", "libmpich.so"],
      darwin: ["libmpi.12.dylib", "libmpich.12.dylib"],
    },
    version: /^(MPICH|Intel\(R\) MPI|MVAPICH|CRAY MPICH|ParaStation MPI)/i,
    handles: {
      world: 0x44000000,
      errorsReturn: 0x54000001,
      byte: 0x4c00010d,
      float: 0x4c00040a,
      sum: 0x58000003,
    },
    statusIgnore: 1,
    packages: "mpich",
  },
};
