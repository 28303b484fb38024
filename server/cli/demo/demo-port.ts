import { createServer, type AddressInfo } from 'node:net';
import { CliError } from '../command/exit-status.js';

/**
 * Checks that the demo can listen on a port.
 *
 * @param port 0 for any free one
 * @returns the port
 * @throws CliError when the port is in use or not allowed
 */
export async function demoPort(port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `port ${port} is in use`
          : error.code === 'EACCES'
            ? `port ${port} needs root`
            : `port ${port} cannot be used (${error.code ?? error.message})`;
      reject(new CliError(`${why}; choose another with --port N, or --port 0 for any free one`));
    });
    server.listen(port, '127.0.0.1', () => {
      const { port: found } = server.address() as AddressInfo;
      server.close(() => {
        resolve(found);
      });
    });
  });
}
