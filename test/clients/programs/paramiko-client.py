"""A customer's program on paramiko, as libssh-client.c: PORT LOGIN KEY KNOWN_HOSTS exec|terminal|rekey|channels COMMAND..."""

import fcntl
import os
import signal
import struct
import sys
import termios
import threading
import tty

import paramiko


def window():
    try:
        rows, columns, _, _ = struct.unpack("4H", fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8))
    except OSError:
        rows, columns = 24, 80
    return {"width": columns or 80, "height": rows or 24}


def write(file, data):
    while data:
        data = data[os.write(file, data):]


def pump_out(receive, file):
    while data := receive(32768):
        write(file, data)


def talk(transport, channel, rekeys):
    out = [
        threading.Thread(target=pump_out, args=(channel.recv, 1), daemon=True),
        threading.Thread(target=pump_out, args=(channel.recv_stderr, 2), daemon=True),
    ]

    def pump_in():
        passed = 0
        while data := os.read(0, 16384):
            channel.sendall(data)
            passed += len(data)
            if rekeys and passed >= 65536:
                passed = 0
                transport.renegotiate_keys()
                write(2, b"new keys\n")
        channel.shutdown_write()

    for thread in out + [threading.Thread(target=pump_in, daemon=True)]:
        thread.start()
    # The main thread only waits, so that it handles the signal of a new window size at once.
    for thread in out:
        while thread.is_alive():
            thread.join(0.1)
    return channel.recv_exit_status()


def main(port, login, key, known_hosts, mode, *commands):
    client = paramiko.SSHClient()
    client.load_host_keys(known_hosts)
    client.connect("127.0.0.1", int(port), login, key_filename=key, allow_agent=False, look_for_keys=False)
    transport = client.get_transport()
    if mode == "channels":
        channels = [transport.open_session() for _ in commands]
        for channel, command in zip(channels, commands):
            channel.exec_command(command)
        for channel in channels:
            pump_out(channel.recv, 1)
        return max(channel.recv_exit_status() for channel in channels)
    channel = transport.open_session()
    saved = termios.tcgetattr(0) if mode == "terminal" and os.isatty(0) else None
    if mode == "terminal":
        channel.get_pty(os.environ.get("TERM", "xterm"), **window())
        signal.signal(signal.SIGWINCH, lambda *_: channel.resize_pty(**window()))
    if saved:
        tty.setraw(0)
    try:
        channel.exec_command(commands[0]) if commands else channel.invoke_shell()
        return talk(transport, channel, mode == "rekey")
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)


status = main(*sys.argv[1:])
sys.stdout.flush()
os._exit(status if status >= 0 else 255)
