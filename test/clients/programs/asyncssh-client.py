"""A customer's program on asyncssh, as libssh-client.c: PORT LOGIN KEY KNOWN_HOSTS exec|terminal|rekey|channels COMMAND..."""

import warnings

# Debian 12's asyncssh names ciphers that its cryptography library is about to drop.
warnings.simplefilter("ignore")

import asyncio
import logging
import os
import signal
import sys
import termios
import tty

import asyncssh


def window():
    try:
        return tuple(os.get_terminal_size(0))
    except OSError:
        return (80, 24)


def write(file, data):
    while data:
        data = data[os.write(file, data):]


async def pump_out(reader, file):
    while data := await reader.read(32768):
        write(file, data)


async def pump_in(writer):
    loop = asyncio.get_running_loop()
    while data := await loop.run_in_executor(None, os.read, 0, 16384):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


async def talk(process):
    typing = asyncio.ensure_future(pump_in(process.stdin))
    await asyncio.gather(pump_out(process.stdout, 1), pump_out(process.stderr, 2))
    await process.wait_closed()
    typing.cancel()
    return process.exit_status if process.exit_status is not None else 255


async def main(port, login, key, known_hosts, mode, *commands):
    if mode == "rekey":
        logging.basicConfig(stream=sys.stderr)
        asyncssh.set_log_level("DEBUG")
    more = {"rekey_bytes": 65536} if mode == "rekey" else {}
    async with asyncssh.connect(
        "127.0.0.1", int(port), username=login, client_keys=[key], known_hosts=known_hosts, agent_path=None,
        config=None, **more
    ) as connection:
        if mode == "channels":
            done = await asyncio.gather(*(connection.run(command) for command in commands))
            write(1, "".join(each.stdout for each in done).encode())
            return max(each.exit_status for each in done)
        command = commands[0] if commands else None
        if mode != "terminal":
            return await talk(await connection.create_process(command, encoding=None))
        process = await connection.create_process(
            command, encoding=None, term_type=os.environ.get("TERM", "xterm"), term_size=window()
        )
        asyncio.get_running_loop().add_signal_handler(
            signal.SIGWINCH, lambda: process.change_terminal_size(*window())
        )
        return await talk(process)


saved = termios.tcgetattr(0) if os.isatty(0) else None
if saved:
    tty.setraw(0)
try:
    status = asyncio.new_event_loop().run_until_complete(main(*sys.argv[1:]))
finally:
    if saved:
        termios.tcsetattr(0, termios.TCSADRAIN, saved)
# A thread may still wait for input that never comes.
os._exit(status)
