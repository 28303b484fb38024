import { LONGEST_SOCKET_PATH } from './text-limits.js';

/**
 * The dom0 half's second socket, which only its own user may open: root. Connections of the gate cannot take its places.
 *
 * @param socket the one that the gate uses @returns null where that path would be too long
 */
export function rootSocketOf(socket: string): string | null {
  const path = `${socket}.root`;
  return Buffer.byteLength(path) > LONGEST_SOCKET_PATH ? null : path;
}
