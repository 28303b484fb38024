import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoLayout } from './demo-layout.js';

/** A path as ssh_config(5) takes it: quoted, `%` doubled. */
function quoted(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

/**
 * Writes the demo's ssh_config, and a known_hosts file with the gate's real host key, so that ssh asks
 * nothing.
 *
 * @param hostKey the public host key line, `ssh-ed25519 AAAA…`
 */
export function writeSshConfig(
  layout: DemoLayout,
  customers: readonly string[],
  port: number,
  hostKey: string,
): void {
  const [type, blob] = hostKey.split(' ');
  const name = port === 22 ? '127.0.0.1' : `[127.0.0.1]:${port}`;
  writeFileSync(layout.knownHosts, `${name} ${type ?? ''} ${blob ?? ''}\n`, { mode: 0o600 });
  const hosts = customers.map(
    (customer) =>
      `Host ${customer}\n    User ${customer}\n    IdentityFile ${quoted(join(layout.clientKeys, customer))}\n`,
  );
  writeFileSync(
    layout.sshConfig,
    `# Made by the demo at each start.
${hosts.join('\n')}
Host ${customers.join(' ')}
    HostName 127.0.0.1
    Port ${port}
    UserKnownHostsFile ${quoted(layout.knownHosts)}
    StrictHostKeyChecking yes
    IdentitiesOnly yes
    IdentityAgent none
    PreferredAuthentications publickey
`,
    { mode: 0o600 },
  );
}
