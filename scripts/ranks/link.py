"""A link between two network namespaces, with delay and loss: packets of two TUN devices, held back and dropped.

usage: link.py NAMESPACE ADDRESS NAMESPACE ADDRESS DELAY_MS LOSS

It is there until it is ended; SIGUSR1 cuts it, SIGUSR2 mends it. For kernels without netem; it wants root.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import signal
import struct
import subprocess
import sys
import time

libc = ctypes.CDLL(None, use_errno=True)
home = os.open("/proc/self/ns/net", os.O_RDONLY)


def enter(descriptor):
    if libc.setns(descriptor, 0x40000000) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def end_of(namespace, address):
    subprocess.run(["ip", "netns", "add", namespace], check=True)
    inside = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    enter(inside)
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, 0x400454CA, struct.pack("16sH22x", b"hop0", 0x1001))  # TUNSETIFF: TUN, no header
    enter(home)
    for words in (
        ["link", "set", "lo", "up"],
        ["addr", "add", f"{address}/24", "dev", "hop0"],
        ["link", "set", "dev", "hop0", "mtu", "9000", "up"],
    ):
        subprocess.run(["ip", "-n", namespace, *words], check=True)
    os.close(inside)
    return tun


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    first, second = sys.argv[1:3], sys.argv[3:5]
    delay, loss = float(sys.argv[5]) / 1000, float(sys.argv[6])
    is_cut = [False]
    signal.signal(signal.SIGUSR1, lambda *_: is_cut.__setitem__(0, True))
    signal.signal(signal.SIGUSR2, lambda *_: is_cut.__setitem__(0, False))
    ends = [end_of(*first), end_of(*second)]
    print("up", flush=True)
    held, count, draw = [], 0, random.Random(1)
    while True:
        wait = max(0, held[0][0] - time.monotonic()) if held else 1
        readable, _, _ = select.select(ends, [], [], wait)
        now = time.monotonic()
        for tun in readable:
            try:
                packet = os.read(tun, 65536)
            except BlockingIOError:
                continue
            if is_cut[0] or draw.random() < loss:
                continue
            count += 1
            heapq.heappush(held, (now + delay, count, ends[1 - ends.index(tun)], packet))
        while held and held[0][0] <= now:
            _, _, to, packet = heapq.heappop(held)
            try:
                os.write(to, packet)
            except BlockingIOError:
                pass


try:
    main()
finally:
    for namespace in (sys.argv[1], sys.argv[3]):
        subprocess.run(["ip", "netns", "del", namespace], check=False)
