import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { reason } from '../../wire/reason.js';
import { loadGateSettings } from '../../../config/gate-settings.js';
import type { ListenAddress } from '../../../config/listen-address.js';
import { isRefusal } from '../../../policy/refusal.js';
import { parsePublicKey } from '../../gate/keys/public-key.js';
import type { KeyType } from '../../../policy/key-types.js';
import type { PublicKey } from '../../gate/keys/public-key.js';
import { adminCommand, say } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { CliError, EXIT } from '../command/exit-status.js';
import { valid } from '../command/settings-option.js';
import { addRotationCommands } from './hostkey-rotate.js';

/** The key algorithms of SSHFP: RFC 4255 §3.1.1, RFC 6594 §3.1, RFC 7479 §2. */
const ALGORITHMS: Readonly<Partial<Record<KeyType, number>>> = {
  'ssh-rsa': 1,
  'ecdsa-sha2-nistp256': 3,
  'ecdsa-sha2-nistp384': 3,
  'ecdsa-sha2-nistp521': 3,
  'ssh-ed25519': 4,
};
/** The fingerprint type SHA-256 of RFC 6594 §3.1.2. SHA-1 is no longer printed. */
const SHA256 = 2;

/** Adds `postern hostkey`. */
export function addHostkeyCommand(program: Command): void {
  const hostkey = adminCommand(
    program,
    'hostkey',
    "Print the fingerprint of each host key in use and to come, and the lines by which customers' ssh knows it: known_hosts, and SSHFP for the DNS.",
    ['postern hostkey', 'postern hostkey --host console.example.net', 'postern hostkey rotate --help'],
  )
    .option('--host <name>', 'the name that customers connect to; the site of the settings when not given')
    .action((options: AdminOptions & { readonly host?: string }) => {
      const settings = valid(loadGateSettings(options.settings));
      const host = hostName(options.host, settings.site);
      const linesOf = (key: PublicKey): HostKeyLines => ({
        type: key.type,
        fingerprint: key.fingerprint,
        knownHosts: knownHosts(key, host, settings.listen),
        sshfp: sshfp(key, host),
      });
      const first = linesOf(readPublicHalf(settings.hostKey));
      const others = [
        ...(existsSync(`${settings.hostKey}.next.pub`) ? [`${settings.hostKey}.next`] : []),
        ...settings.otherHostKeys.flatMap((file) =>
          existsSync(`${file}.next.pub`) ? [file, `${file}.next`] : [file],
        ),
      ].map((file) => linesOf(readPublicHalf(file)));
      const text = [first, ...others].flatMap((key) => [key.fingerprint, ...key.knownHosts, ...key.sshfp]);
      say(options, { ...first, others }, `${text.join('\n')}\n`);
    });
  addRotationCommands(hostkey);
}

interface HostKeyLines {
  readonly type: string;
  readonly fingerprint: string;
  readonly knownHosts: readonly string[];
  readonly sshfp: readonly string[];
}

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/;

/**
 * The host name to print. `site` may be any words; then it is this machine's own name, and a note says so.
 */
function hostName(named: string | undefined, site: string): string {
  if (named !== undefined) {
    if (HOST_NAME.test(named)) return named;
    throw new CliError(`${JSON.stringify(named.slice(0, 100))} is not a host name`, EXIT.usage);
  }
  if (HOST_NAME.test(site)) return site;
  process.stderr.write(
    `note: the site ${JSON.stringify(site)} is not a host name; give the name that customers connect to with --host\n`,
  );
  return hostname();
}

function readPublicHalf(hostKey: string): PublicKey {
  const file = `${hostKey}.pub`;
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CliError(
      missing
        ? `there is no ${file}: the gate makes its host key when it is started for the first time`
        : `${file} cannot be read: ${reason(error)}; run this with sudo, or as the gate's own user`,
    );
  }
  const key = parsePublicKey(text);
  if (isRefusal(key)) throw new CliError(`${file} is not a public key: ${key.message}`);
  return key;
}

/** One known_hosts line for each port: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. */
function knownHosts(
  { type, blob }: PublicKey,
  host: string,
  listen: readonly Pick<ListenAddress, 'port'>[],
): string[] {
  const ports = [...new Set(listen.map(({ port }) => port))];
  return ports.map(
    (port) => `${port === 22 ? host : `[${host}]:${port}`} ${type} ${blob.toString('base64')}`,
  );
}

/** Resource records of RFC 4255 §3, as in a zone file. */
function sshfp({ type, blob }: PublicKey, host: string): string[] {
  const algorithm = ALGORITHMS[type];
  if (algorithm === undefined) return [];
  const digest = createHash('sha256').update(blob).digest('hex');
  return [`${host}. IN SSHFP ${algorithm} ${SHA256} ${digest}`];
}
