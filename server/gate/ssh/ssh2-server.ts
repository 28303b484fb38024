import ssh2, { type Connection, type Server } from 'ssh2';
import { ALGORITHMS } from './algorithms.js';
import { HOST_KEY_ALGORITHMS } from './host-key.js';
import type { HostKeysInUse } from './host-keys.js';
import { EXCHANGES_OF_SSH2 } from './hybrid-key-exchange.js';
import { changeAllProtocols } from './protocol-changes.js';
import { IDENT } from './ssh-message.js';
import type { SshSettings } from './ssh-settings.js';
import { terminalText } from './terminal-text.js';

/**
 * A server of ssh2's that listens nowhere: sockets are given to it. It keeps the host keys that are offered when it is
 * made.
 *
 * @param identified called when a client has sent its identification line
 * @throws Error when ssh2 cannot use a host key
 */
export function ssh2Server(
  { banner }: Pick<SshSettings, 'banner'>,
  { offered }: Pick<HostKeysInUse, 'offered'>,
  identified: (client: Connection) => void,
): Server {
  changeAllProtocols();
  // `KeepAlive` asks silent clients, with one clock for all.
  Object.assign(ssh2.Server, { KEEPALIVE_CLIENT_INTERVAL: 0 });
  const server = new ssh2.Server({
    hostKeys: offered.map(({ privateKey }) => privateKey),
    algorithms: structuredClone({
      ...ALGORITHMS,
      kex: EXCHANGES_OF_SSH2,
      serverHostKey: offered.flatMap(({ type }) => [...HOST_KEY_ALGORITHMS[type]]),
    }),
    ident: IDENT,
    banner: terminalText(banner),
  });
  server.on('connection', identified);
  return server;
}
