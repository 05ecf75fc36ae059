#!/usr/bin/env python3
"""What a person waits for at the screen: the first rows, all of them, the rows of last time, the end; and memory.

    cargo build --release
    benches/screen.py [certificates=10000] ...

Needs nothing but Python's standard library. A practice cloud with that many certificates runs beside it and answers 50 ms
late; certdeck runs in a pseudo-terminal of 80 columns and 24 rows. Times are from the start of the process to the bytes
that show it. Memory is the most that the process ever had (VmHWM), after refreshes what it has then (VmRSS).
"""

import fcntl
import os
import pathlib
import pty
import re
import select
import shutil
import statistics
import struct
import sys
import tempfile
import termios
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "clients"))
import practice  # noqa: E402 (its place is known only now)

STARTS = 15
REFRESHES = 20
SIZES = (10_000, 100_000)
# Rows end their names in six digits; the end of a reading says when it was.
ROW = re.compile(rb"[a-z]-\d{6}")


class Screen:
    """certdeck at a terminal, from its start on."""

    def __init__(self, environment):
        self.seen = b""
        program = practice.program()
        self.began = time.monotonic()
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
            os.execve(program, [program], environment)

    def until(self, pattern, longest=120):
        """Seconds from the start until it was on screen."""
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self.terminal], [], [], max(0.0, self.began + longest - time.monotonic()))
            if not ready:
                sys.exit(f"{pattern!r} never came; the last bytes were {self.seen[-400:]!r}")
            self.seen += os.read(self.terminal, 1 << 16)
        return time.monotonic() - self.began

    def idle(self, quiet=1.5):
        """Waits until nothing changes any more; seconds from the start to the last change."""
        last = time.monotonic()
        while select.select([self.terminal], [], [], quiet)[0]:
            self.seen += os.read(self.terminal, 1 << 16)
            last = time.monotonic()
        return last - self.began

    def refresh(self):
        """Reads again, and waits for its end; the memory that the process has then, in MiB."""
        os.write(self.terminal, b"\x12")
        self.idle(quiet=3)
        return self.memory("VmRSS:")

    def memory(self, what="VmHWM:"):
        """In MiB; the most that it ever had, if nothing else is asked for."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(status.split(what)[1].split()[0]) / 1024

    def quit(self):
        """Seconds from the key to the end of the process."""
        began = time.monotonic()
        os.write(self.terminal, b"q")
        try:
            while os.read(self.terminal, 1 << 16):
                pass
        except OSError:
            # The terminal of a process that ended.
            pass
        os.waitpid(self.pid, 0)
        os.close(self.terminal)
        return time.monotonic() - began


def measure(certificates):
    fleet = f"apps={certificates // 5},certificates={certificates},subscriptions={certificates // 200},seed=1"
    home = pathlib.Path(tempfile.mkdtemp(prefix="certdeck-bench-"))
    cloud = practice.Cloud("--fleet", fleet, "--latency", "50")
    try:
        environment = {
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "HOME": str(home),
            "CERTDECK_ARM_ENDPOINT": cloud.arm,
            "CERTDECK_AUTHORITY": cloud.connection["authority"],
            "CERTDECK_CA_FILE": cloud.ca,
            "AZURE_TENANT_ID": cloud.connection["tenant_id"],
            "AZURE_CLIENT_ID": cloud.connection["client_id"],
            "AZURE_CLIENT_SECRET": cloud.connection["client_secret"],
        }
        print(f"{certificates} certificates")
        screen = Screen(environment)
        print(f"  first rows from the cloud    {1000 * screen.until(ROW):.0f} ms")
        print(f"  all of them                  {screen.idle():.1f} s; memory {screen.memory():.0f} MiB")
        ends = [screen.quit()]
        recalled = []
        for _ in range(STARTS):
            screen = Screen(environment)
            recalled.append(screen.until(ROW))
            ends.append(screen.quit())
        print(f"  rows of last time            {milliseconds(recalled)}")
        screen = Screen(environment)
        print(f"  read again over those        {screen.idle():.1f} s; memory {screen.memory():.0f} MiB")
        before, refreshed = screen.memory("VmRSS:"), [screen.refresh() for _ in range(REFRESHES)]
        print(
            f"  memory after {REFRESHES} refreshes    {refreshed[-1]:.0f} MiB"
            f" (before them {before:.0f}, after the first {refreshed[0]:.0f})"
        )
        ends.append(screen.quit())
        print(f"  end                          {milliseconds(ends)}")
    finally:
        cloud.close()
        shutil.rmtree(home, ignore_errors=True)


def milliseconds(times):
    return f"median {1000 * statistics.median(times):.0f} ms, most {1000 * max(times):.0f} ms"


def main():
    for size in [int(argument.rpartition("=")[2]) for argument in sys.argv[1:]] or SIZES:
        measure(size)


if __name__ == "__main__":
    main()
