import { createConnection } from 'node:net';
import { rootSocketOf } from '../../wire/root-socket.js';

/**
 * The socket by which this process asks a dom0 half: root's own, where there is one that lets it in. A half from before
 * 1.1, and a host on another machine, have only the gate's.
 *
 * @param socket the one of the settings
 */
export async function dom0SocketPath(socket: string): Promise<string> {
  const own = rootSocketOf(socket);
  return own !== null && (await isOpen(own)) ? own : socket;
}

function isOpen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(path);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => {
      resolve(false);
    });
  });
}
