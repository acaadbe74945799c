/** Whether `toeplitz studio` serves the page, with runs beside it; it says so in the page's head. A static host has no runs. */
export const isServed = document.querySelector('meta[name="toeplitz-runs"]') !== null;
