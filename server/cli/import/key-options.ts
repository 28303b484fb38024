/**
 * The options before a key, as sshd(8) describes them in AUTHORIZED_KEYS FILE FORMAT. Texts are without their
 * quotes.
 */
interface KeyOptions {
  readonly command: string | null;
  readonly from: string | null;
  readonly expiryTime: string | null;
  /** `cert-authority` or `principals`: the key signs certificates and cannot log in itself. */
  readonly certificates: boolean;
  /** The names of all other options, in lower case, each once: `no-pty`, `environment` … */
  readonly others: readonly string[];
}

/** A parsed line of authorized_keys. */
interface KeyLine {
  readonly options: KeyOptions;
  /** The text from the key's type on. */
  readonly key: string;
}

const FLAGS: ReadonlySet<string> = new Set([
  'agent-forwarding',
  'no-agent-forwarding',
  'no-port-forwarding',
  'no-pty',
  'no-touch-required',
  'no-user-rc',
  'no-x11-forwarding',
  'port-forwarding',
  'pty',
  'restrict',
  'user-rc',
  'verify-required',
  'x11-forwarding',
]);
const WITH_VALUE: ReadonlySet<string> = new Set(['environment', 'permitlisten', 'permitopen', 'tunnel']);

const KEY_TYPE =
  /^(?:ssh-(?:ed25519|rsa|dss)|ecdsa-sha2-nistp\d+|sk-[a-z0-9-]+)(?:-cert-v01)?(?:@openssh\.com)?[ \t]/;
const NAME = /[A-Za-z0-9-]+/y;
/** Within quotes `\"` is a quote; any other backslash stands for itself. */
const QUOTED = /="((?:\\"|[^"\\]|\\(?!"))*)"/y;

/**
 * Parses one line, which must be neither empty nor a comment.
 *
 * @returns a sentence when sshd would not accept the line either; it repeats nothing of the line
 */
export function parseKeyLine(line: string): KeyLine | string {
  const text = line.trim();
  const options = new KeyOptionsBuilder();
  if (KEY_TYPE.test(text)) return { options: options.made(), key: text };
  if (/^\d+[ \t]+\d+[ \t]+\d+/.test(text))
    return 'this is a key of the protocol SSH 1, which nobody speaks any more';
  let at = 0;
  for (;;) {
    NAME.lastIndex = at;
    const name = NAME.exec(text)?.[0].toLowerCase();
    if (name === undefined) return 'this is neither a key nor options before one';
    at += name.length;
    let value: string | null = null;
    if (text[at] === '=') {
      QUOTED.lastIndex = at;
      const quoted = QUOTED.exec(text);
      if (quoted === null) return 'the value of an option has no quotes around it, or no end';
      value = (quoted[1] ?? '').replaceAll('\\"', '"');
      at += quoted[0].length;
    }
    const problem = options.add(name, value);
    if (problem !== null) return problem;
    if (text[at] !== ',') break;
    at += 1;
  }
  const key = text.slice(at);
  if (!/^[ \t]/.test(key)) return 'there is no key behind the options';
  return { options: options.made(), key: key.trim() };
}

class KeyOptionsBuilder {
  #command: string | null = null;
  #from: string | null = null;
  #expiryTime: string | null = null;
  #certificates = false;
  readonly #others = new Set<string>();

  /** @returns what is wrong with the option; null when nothing is */
  add(name: string, value: string | null): string | null {
    if (value === null) {
      if (name === 'cert-authority') this.#certificates = true;
      else if (FLAGS.has(name)) this.#others.add(name);
      else return 'sshd does not know one of its options';
      return null;
    }
    if (name === 'command') {
      if (this.#command !== null) return 'there are several command= options';
      this.#command = value;
    } else if (name === 'from') {
      if (this.#from !== null) return 'there are several from= options';
      this.#from = value;
    } else if (name === 'expiry-time') this.#expiryTime = earlier(this.#expiryTime, value);
    else if (name === 'principals') this.#certificates = true;
    else if (WITH_VALUE.has(name)) this.#others.add(name);
    else return 'sshd does not know one of its options';
    return null;
  }

  made(): KeyOptions {
    return {
      command: this.#command,
      from: this.#from,
      expiryTime: this.#expiryTime,
      certificates: this.#certificates,
      others: [...this.#others].sort(),
    };
  }
}

/** The earlier of two expiry times. They compare as digits: `20261231` or `202612311200Z`. */
function earlier(one: string | null, other: string): string {
  return one === null || other < one ? other : one;
}

/**
 * Reads the time of `expiry-time=`: YYYYMMDD or YYYYMMDDHHMM[SS], in the machine's time zone, or in UTC with
 * a Z.
 *
 * @returns undefined when it is no time
 */
export function expiryTime(text: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:(\d\d)(\d\d)(\d\d)?)?(Z)?$/i.exec(text);
  if (match === null) return undefined;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part: string | undefined) => Number(part ?? 0));
  const date =
    match[7] === undefined
      ? new Date(year, month - 1, day, hour, minute, second)
      : new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  return Number.isNaN(date.getTime()) ? undefined : date;
}
