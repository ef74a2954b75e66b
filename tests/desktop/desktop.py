"""A real X desktop for tests: Xvnc with openbox, and terminals to look at and type into."""
import ctypes
import os
import subprocess
import time

from PIL import ImageGrab

DEADLINE = 20  # seconds for anything at all


def wait_until(check, what):
    """The first true value of check(), which is called again and again."""
    end = time.monotonic() + DEADLINE
    while not (value := check()):
        assert time.monotonic() < end, f"{what}: not within {DEADLINE} s"
        time.sleep(0.02)
    return value


def end(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Desktop:
    """With bare=True without a window manager, which starts quicker."""

    def __init__(self, folder, geometry="1280x800", bare=False):
        self.folder = folder
        self.processes = []
        reading, writing = os.pipe()
        log = open(folder / "xvnc.log", "wb")
        self.server = subprocess.Popen(
            ["Xvnc", "-displayfd", str(writing), "-geometry", geometry, "-depth", "24",
             "-SecurityTypes", "None", "-rfbunixpath", str(folder / "rfb"), "-rfbport", "-1"],
            stdout=log, stderr=log, pass_fds=[writing])
        os.close(writing)
        with os.fdopen(reading) as pipe:
            self.name = ":" + pipe.readline().strip()
        self.env = {**os.environ, "DISPLAY": self.name, "LC_ALL": "C.UTF-8"}
        if not bare:
            # In a UTF-8 locale it reads its compose tables again at each change of the keyboard.
            self.start("env", "LC_ALL=C", "openbox", "--sm-disable")
            wait_until(lambda: "window id" in self.run("xprop", "-root", "_NET_SUPPORTING_WM_CHECK"),
                       "window manager")

    def start(self, *command):
        process = subprocess.Popen(command, env=self.env, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def run(self, *command):
        return subprocess.run(command, env=self.env, capture_output=True, text=True,
                              timeout=DEADLINE).stdout

    def layout(self, name):
        subprocess.run(["setxkbmap", "-layout", name], env=self.env, check=True, timeout=DEADLINE)

    def focus(self, window):
        """Gives the window the keyboard; true once it has it. The window manager's own choice is no
        help: it may keep a new window from taking the focus."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(self.name.encode()))
        x11.XSetInputFocus(display, ctypes.c_ulong(window), 2, ctypes.c_ulong(0))
        focused, revert = ctypes.c_ulong(), ctypes.c_int()
        x11.XGetInputFocus(display, ctypes.byref(focused), ctypes.byref(revert))
        x11.XCloseDisplay(display)
        return focused.value == window

    def keymap(self):
        return self.run("xkbcomp", "-xkb", self.name, "-")

    def picture(self):
        """The screen by another way than the driver's."""
        return ImageGrab.grab(xdisplay=self.name).convert("RGB")

    def close(self):
        for process in reversed(self.processes):
            end(process)
        end(self.server)


class Terminal:
    """An xterm with the focus, whose input goes to a file as it comes."""

    def __init__(self, desktop, folder, setup="", geometry="80x20+40+40"):
        self.desktop = desktop
        self.typed_path = folder / "typed"
        window_path = folder / "window"
        self.typed_path.write_bytes(b"")
        script = f"stty raw -echo; printf '{setup}'; echo $WINDOWID > {window_path}; cat > {self.typed_path}"
        self.process = desktop.start("xterm", "-u8", "-b", "0", "-geometry", geometry,
                                     "-bg", "#204080", "-fg", "white", "-e", "sh", "-c", script)
        text = wait_until(lambda: window_path.exists() and window_path.read_text().strip(), "xterm")
        self.window = int(text)
        wait_until(self.is_visible, "window of xterm")
        wait_until(lambda: desktop.focus(self.window), "focus of xterm")

    def is_visible(self):
        return "IsViewable" in self.desktop.run("xwininfo", "-id", str(self.window))

    def origin(self):
        lines = self.desktop.run("xwininfo", "-id", str(self.window)).splitlines()
        return tuple(int(line.split()[-1]) for line in lines if "Absolute upper-left" in line)

    def typed(self, length):
        """What was typed, when at least `length` bytes have come."""
        wait_until(lambda: self.typed_path.stat().st_size >= length,
                   f"{length} bytes typed, got {self.typed_path.read_bytes()!r}")
        return self.typed_path.read_bytes()

    def close(self):
        end(self.process)
        self.desktop.processes.remove(self.process)
