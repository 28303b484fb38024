import type { Call, Command, Job, PowerAction, Result } from './command.js';

const KERNEL = '6.1.0-56-cloud-amd64';
const KERNEL_BUILD = '#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)';

/** The kernel's name in `/proc/version` and `uname`. */
export const KERNEL_VERSION = `${KERNEL} ${KERNEL_BUILD}`;

function echo({ args }: Call): Result {
  const words = [...args];
  let newline = true;
  let escapes = false;
  while (/^-[ne]+$/.test(words[0] ?? '')) {
    const flags = words.shift() ?? '';
    if (flags.includes('n')) newline = false;
    if (flags.includes('e')) escapes = true;
  }
  const text = words.join(' ');
  const out = escapes
    ? text.replace(/\\(x[0-9a-f]{2}|033|[ abeefnrt\\0])/gi, (_, code: string) => unescaped(code))
    : text;
  return { out: newline ? `${out}\n` : out };
}

function unescaped(code: string): string {
  if (code.startsWith('x')) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
  const known: Record<string, string> = {
    a: '\x07',
    b: '\b',
    e: '\x1b',
    '033': '\x1b',
    f: '\f',
    n: '\n',
    r: '\r',
    t: '\t',
  };
  return known[code] ?? code;
}

function uname({ args, around }: Call): Result {
  const flags = args.join('');
  if (flags.includes('a')) return { out: `Linux ${around.name} ${KERNEL_VERSION} x86_64 GNU/Linux\n` };
  if (flags.includes('r')) return { out: `${KERNEL}\n` };
  if (flags.includes('n')) return { out: `${around.name}\n` };
  return { out: 'Linux\n' };
}

function uptime({ around }: Call): Result {
  const seconds = Math.floor(around.clock.elapsed / 1000);
  const now = new Date().toISOString().slice(11, 19);
  const span =
    seconds < 3600
      ? `${Math.floor(seconds / 60)} min`
      : `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}`;
  return { out: ` ${now} up ${span},  1 user,  load average: 0.00, 0.00, 0.00\n` };
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function free({ around }: Call): Result {
  const total = around.memory * 1024 - 47_032;
  const row = (name: string, numbers: readonly number[]): string =>
    `${name.padEnd(7)}${numbers.map((number) => String(number).padStart(13)).join('')}\n`;
  const heading = ['total', 'used', 'free'].map((word) => word.padStart(13)).join('');
  return {
    out: `       ${heading}\n${row('Mem:', [total, 21_404, total - 21_404])}${row('Swap:', [0, 0, 0])}`,
  };
}

function ps(): Result {
  const rows = [
    '    1 root     init',
    '   96 root     /sbin/udevd',
    '  102 root     -sh',
    '  117 root     ps',
  ];
  return { out: `  PID USER     COMMAND\n${rows.join('\n')}\n` };
}

/** Repeats a line until it is interrupted. */
function yes({ args }: Call): Job {
  const line = `${args.length === 0 ? 'y' : args.join(' ')}\n`;
  return { next: (room) => line.repeat(Math.max(1, Math.floor(room / (line.length + 1)))) };
}

/** Prints this many bytes, in lines of 64; the last line is cut. */
function flood({ args }: Call): Job | Result {
  let left = Number(args[0]);
  if (!Number.isSafeInteger(left) || left < 0) return { err: 'usage: flood BYTES\n', status: 2 };
  const line = `${'0123456789abcdef'.repeat(4).slice(0, 62)}\n`;
  return {
    next: (room) => {
      if (left === 0) return undefined;
      // Each line is 64 bytes on the console: its newline becomes two.
      const whole = line.repeat(Math.max(1, Math.floor(room / 64)));
      const piece = left >= whole.length + whole.length / 63 ? whole : 'x'.repeat(Math.min(left, room));
      left -= piece === whole ? whole.length + whole.length / 63 : piece.length;
      return piece;
    },
  };
}

/** The numbers from one to another, so that a reader sees gaps. */
function seq({ args }: Call): Job | Result {
  const [first = NaN, last = NaN] = args.length === 1 ? [1, Number(args[0])] : args.map(Number);
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(last) || args.length > 2) {
    return { err: 'usage: seq [FIRST] LAST\n', status: 1 };
  }
  let next = first;
  return {
    next: (room) => {
      if (next > last) return undefined;
      let piece = '';
      while (next <= last && piece.length + 20 < Math.max(room, 40)) piece += `${next++}\n`;
      return piece;
    },
  };
}

/** Prints `count 1`, `count 2` and so on, one every so many seconds, until it is interrupted. */
function count({ args }: Call): Job | Result {
  const seconds = Number(args[0] ?? 1);
  if (!(seconds > 0)) return { err: 'usage: count [SECONDS]\n', status: 2 };
  let said = 0;
  return { every: seconds * 1000, next: () => `count ${(said += 1)}\n` };
}

function sleep({ args }: Call): Job | Result {
  const seconds = Number(args[0]);
  if (!(seconds >= 0)) return { err: `sleep: invalid number '${args[0] ?? ''}'\n`, status: 1 };
  let slept = false;
  return {
    every: seconds * 1000,
    next: () => {
      if (slept) return undefined;
      slept = true;
      return '';
    },
  };
}

function power(action: PowerAction): Command {
  return ({ args, around }) => {
    around.power(action, args.includes('-f'));
    return { goesDown: true };
  };
}

function shutdown({ args, around }: Call): Result {
  around.power(args.includes('-r') ? 'reboot' : 'poweroff', false);
  return { goesDown: true };
}

function tput({ args }: Call): Result {
  const [name = '', value = ''] = args;
  const sequences: Record<string, string> = {
    bold: '\x1b[1m',
    clear: '\x1b[H\x1b[2J',
    setaf: `\x1b[3${/^[0-7]$/.test(value) ? value : '9'}m`,
    sgr0: '\x1b[0m',
  };
  return { out: sequences[name] ?? '' };
}

const accepted: Command = () => ({});

/** Commands that every system has. */
export const BASIC_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['echo', echo],
  ['uname', uname],
  ['dmesg', ({ around }) => ({ out: around.kernelMessages.join('') })],
  ['true', accepted],
  ['false', () => ({ status: 1 })],
  ['clear', () => ({ out: '\x1b[H\x1b[2J' })],
  ['exit', () => ({ exits: true })],
  ['reboot', power('reboot')],
  ['poweroff', power('poweroff')],
]);

/** More commands, of a whole system. */
export const SYSTEM_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['uptime', uptime],
  ['free', free],
  ['ps', ps],
  ['yes', yes],
  ['flood', flood],
  ['seq', seq],
  ['count', count],
  ['sleep', sleep],
  ['tput', tput],
  ['stty', accepted],
  ['sync', accepted],
  ['logout', () => ({ exits: true })],
  ['halt', power('poweroff')],
  ['shutdown', shutdown],
  [
    'panic',
    ({ around }) => {
      around.panic();
      return { goesDown: true };
    },
  ],
  ['hostname', ({ around }) => ({ out: `${around.name}\n` })],
  ['whoami', () => ({ out: 'root\n' })],
  ['id', () => ({ out: 'uid=0(root) gid=0(root) groups=0(root)\n' })],
  ['date', () => ({ out: `${new Date().toUTCString()}\n` })],
]);
