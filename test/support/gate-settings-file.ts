import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const POLICY = `
rules:
  - id: owners
    allow: [reboot]
    roles: [owner]
`;

/** Writes settings of a gate that keeps everything in one directory. @returns the settings file */
export function writeGateSettings(
  directory: string,
  { policy = POLICY, state = directory }: { readonly policy?: string; readonly state?: string } = {},
): string {
  const policies = join(directory, 'policy.d');
  mkdirSync(policies, { recursive: true });
  writeFileSync(join(policies, 'policy.yaml'), policy);
  const file = join(directory, 'gate.yaml');
  const settings = {
    site: 'console.example.net',
    listen: ['127.0.0.1:2222', '[::1]:2222', '127.0.0.1:22'],
    hostKey: join(directory, 'host_key'),
    state,
    controlSocket: join(directory, 'control.sock'),
    policy: policies,
    hosts: [{ name: 'xen1', socket: join(directory, 'dom0.sock') }],
    keys: { perCustomer: 3 },
  };
  writeFileSync(file, JSON.stringify(settings), { mode: 0o600 });
  return file;
}
