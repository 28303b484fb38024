import { parseNetwork } from '../../../policy/network.js';
import { readStrings, SshFields } from '../keys/ssh-fields.js';

/** What a certificate demands and permits besides the login itself (OpenSSH's PROTOCOL.certkeys). */
export interface CertificateOptions {
  /** The command that takes the place of whatever the client asks for; null: the client chooses. */
  readonly forceCommand: string | null;
  /** Networks as `parseNetwork` writes them; null: from anywhere. Frozen, as `inNetworks` wants it. */
  readonly sources: readonly string[] | null;
  /** The signature must say that the security key verified its user. */
  readonly verifyRequired: boolean;
  readonly permitsPty: boolean;
}

/** Why the options of a certificate refuse it: one that is not known, or one that cannot be read. */
export type OptionFault = 'option-unknown' | 'option-unreadable';

/** The longest command that a certificate may force; as long as a client's may be. Bytes. */
const LONGEST_COMMAND = 8 * 1024;
/** OpenSSH counts no more networks either. */
const MOST_NETWORKS = 256;

/** Extensions without data that OpenSSH knows. The gate never offers what the other ones permit. */
const FLAGS: readonly string[] = [
  'no-touch-required',
  'permit-X11-forwarding',
  'permit-agent-forwarding',
  'permit-port-forwarding',
  'permit-pty',
  'permit-user-rc',
];

/** The critical options that `readOptions` knows. */
export const CRITICAL_OPTIONS: readonly string[] = ['force-command', 'source-address', 'verify-required'];

/**
 * Reads the critical options and the extensions. An unknown critical option refuses the certificate, as the
 * protocol demands; an unknown extension is ignored. Names must be in order and come once.
 */
export function readOptions(critical: Buffer, extensions: Buffer): CertificateOptions | OptionFault {
  const demanded = readPairs(critical);
  const permitted = readPairs(extensions);
  if (demanded === null || permitted === null) return 'option-unreadable';
  for (const name of FLAGS) if ((permitted.get(name)?.length ?? 0) > 0) return 'option-unreadable';
  let forceCommand: string | null = null;
  let sources: readonly string[] | null = null;
  for (const [name, data] of demanded) {
    switch (name) {
      case 'force-command':
        forceCommand = commandOf(data);
        if (forceCommand === null) return 'option-unreadable';
        break;
      case 'source-address':
        sources = networksOf(data);
        if (sources === null) return 'option-unreadable';
        break;
      case 'verify-required':
        if (data.length > 0) return 'option-unreadable';
        break;
      default:
        return 'option-unknown';
    }
  }
  return {
    forceCommand,
    sources,
    verifyRequired: demanded.has('verify-required'),
    permitsPty: permitted.has('permit-pty'),
  };
}

/** The names in a sequence of options, in its order; none when it cannot be read. */
export function optionNames(bytes: Buffer): readonly string[] {
  return [...(readPairs(bytes)?.keys() ?? [])];
}

/** Names with their data; null when it is cut short, out of order, or has a name twice. */
function readPairs(bytes: Buffer): ReadonlyMap<string, Buffer> | null {
  const strings = readStrings(bytes);
  if (strings === null || strings.length % 2 !== 0) return null;
  const pairs = new Map<string, Buffer>();
  let before: Buffer | null = null;
  for (let at = 0; at < strings.length; at += 2) {
    const [name = bytes, data = bytes] = strings.slice(at, at + 2);
    if (before !== null && Buffer.compare(before, name) >= 0) return null;
    before = name;
    pairs.set(name.toString('latin1'), data);
  }
  return pairs;
}

/** The one string that the data of an option consists of. */
function stringIn(data: Buffer): Buffer | null {
  const fields = new SshFields(data);
  const text = fields.string();
  return fields.isComplete ? text : null;
}

function commandOf(data: Buffer): string | null {
  const bytes = stringIn(data);
  if (bytes === null || bytes.length > LONGEST_COMMAND || bytes.includes(0)) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** As OpenSSH: addresses and networks between commas, no bits behind the mask, no negation. */
function networksOf(data: Buffer): readonly string[] | null {
  const texts = stringIn(data)?.toString('latin1').split(',') ?? [];
  if (texts.length === 0 || texts.length > MOST_NETWORKS) return null;
  const networks: string[] = [];
  for (const text of texts) {
    const network = parseNetwork(text);
    if (network?.exact !== true) return null;
    networks.push(network.text);
  }
  return Object.freeze(networks);
}
