import type { Socket } from 'node:net';

/** Passes on the first line and leaves the socket paused, with the bytes after the line put back. */
export function onFirstLine(socket: Socket, onLine: (line: string) => void): void {
  let received = Buffer.alloc(0);
  const read = (chunk: Buffer): void => {
    received = Buffer.concat([received, chunk]);
    const end = received.indexOf(10);
    if (end < 0) return;
    socket.off('data', read);
    socket.pause();
    const rest = received.subarray(end + 1);
    if (rest.length > 0) socket.unshift(rest);
    onLine(received.subarray(0, end).toString());
  };
  socket.on('data', read);
}
