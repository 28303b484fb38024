import { posix } from 'node:path';

import type { Call, Command, Result } from './command.js';
import { FileFault } from './file-system.js';
import { substitution } from './substitution.js';

function split(args: readonly string[]): { flags: string; operands: string[] } {
  const operands = args.filter((argument) => !/^-./.test(argument));
  const flags = args.filter((argument) => /^-./.test(argument)).map((argument) => argument.slice(1));
  return { flags: flags.join(''), operands };
}

/**
 * Runs `action` for each operand's absolute path. A failure is reported as the command's, and the
 * other operands still run.
 */
function each(
  call: Call,
  name: string,
  operands: readonly string[],
  action: (path: string, operand: string) => string,
): Result {
  let out = '';
  let err = '';
  for (const operand of operands) {
    try {
      out += action(posix.resolve(call.around.cwd, operand), operand);
    } catch (fault) {
      if (!(fault instanceof FileFault)) throw fault;
      err += `${name}: ${operand}: ${fault.message}\n`;
    }
  }
  return { out, err, status: err === '' ? 0 : 1 };
}

/** The text of the named files, or the piped input. */
function inputs(call: Call, name: string, operands: readonly string[]): Result {
  if (operands.length === 0) return { out: call.stdin };
  return each(call, name, operands, (path) => call.around.files.read(path));
}

function linesOf(text: string): string[] {
  const lines = text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function ls(call: Call): Result {
  const { flags, operands } = split(call.args);
  const { files } = call.around;
  const shown = (name: string): boolean => flags.includes('a') || !name.startsWith('.');
  const entry = (path: string, name: string): string => {
    const directory = files.isDirectory(path);
    if (!flags.includes('l')) return directory ? `\x1b[1;34m${name}\x1b[0m` : name;
    if (/^\/dev\/xvd[a-z]$/.test(path)) {
      const minor = (path.charCodeAt(8) - 97) * 16;
      return `brw-------    1 root     root      202, ${String(minor).padStart(3)} Jan  1 00:00 ${name}`;
    }
    const size = directory ? 4096 : files.size(path);
    return `${directory ? 'drwxr-xr-x' : '-rw-r--r--'}    1 root     root     ${String(size).padStart(9)} Jan  1 00:00 ${name}`;
  };
  return each(call, 'ls', operands.length === 0 ? ['.'] : operands, (path, operand) => {
    if (!files.exists(path)) throw new FileFault('No such file or directory');
    const names = files.isDirectory(path)
      ? files
          .list(path)
          .filter(shown)
          .map((name) => entry(posix.join(path, name), name))
      : [entry(path, operand)];
    if (names.length === 0) return '';
    const header = operands.length > 1 && files.isDirectory(path) ? `${operand}:\n` : '';
    return `${header}${names.join(flags.includes('l') || flags.includes('1') ? '\n' : '  ')}\n`;
  });
}

function sed(call: Call): Result {
  const { flags, operands } = split(call.args);
  const [script = '', ...names] = operands;
  const replace = substitution(script);
  if (!replace) return { err: `sed: unsupported command ${script}\n`, status: 1 };
  const edit = (text: string): string =>
    linesOf(text)
      .map((line) => `${replace(line)}\n`)
      .join('');
  if (!flags.includes('i')) {
    const input = inputs(call, 'sed', names);
    return { ...input, out: edit(input.out ?? '') };
  }
  return each(call, 'sed', names, (path) => {
    call.around.files.write(path, edit(call.around.files.read(path)));
    return '';
  });
}

function grep(call: Call): Result {
  const { flags, operands } = split(call.args);
  const [pattern = '', ...names] = operands;
  const input = inputs(call, 'grep', names);
  const fold = (text: string): string => (flags.includes('i') ? text.toLowerCase() : text);
  const found = linesOf(input.out ?? '').filter(
    (line) => fold(line).includes(fold(pattern)) !== flags.includes('v'),
  );
  return { ...input, out: found.map((line) => `${line}\n`).join(''), status: found.length > 0 ? 0 : 1 };
}

function ends(name: 'head' | 'tail'): Command {
  return (call) => {
    const flag = call.args.findIndex((argument) => argument === '-n');
    const short = call.args.find((argument) => /^-\d+$/.test(argument));
    const count = flag >= 0 ? Number(call.args[flag + 1]) : short === undefined ? 10 : Number(short.slice(1));
    const names = call.args.filter(
      (argument, index) => !argument.startsWith('-') && (flag < 0 || index !== flag + 1),
    );
    const input = inputs(call, name, names);
    const lines = linesOf(input.out ?? '');
    const chosen = name === 'head' ? lines.slice(0, count) : lines.slice(Math.max(0, lines.length - count));
    return { ...input, out: chosen.map((line) => `${line}\n`).join('') };
  };
}

function copy(call: Call): Result {
  const [from, to] = split(call.args).operands;
  if (from === undefined || to === undefined) return { err: 'cp: missing file operand\n', status: 1 };
  return each(call, 'cp', [from], (path) => {
    const { files, cwd } = call.around;
    const target = posix.resolve(cwd, to);
    const inside = files.exists(target) && files.isDirectory(target);
    files.write(inside ? posix.join(target, posix.basename(path)) : target, files.read(path));
    return '';
  });
}

/** Commands that every system has, the initramfs too. */
export const READING_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['cat', (call) => inputs(call, 'cat', split(call.args).operands)],
  ['ls', ls],
  ['head', ends('head')],
  ['tail', ends('tail')],
  ['grep', grep],
  ['wc', (call) => ({ out: `${linesOf(inputs(call, 'wc', split(call.args).operands).out ?? '').length}\n` })],
  ['pwd', ({ around }) => ({ out: `${around.cwd}\n` })],
  [
    'cd',
    (call) =>
      each(call, 'sh: cd', [call.args[0] ?? '/root'], (path) => {
        if (!call.around.files.isDirectory(path)) throw new FileFault('Not a directory');
        call.around.cwd = path;
        return '';
      }),
  ],
]);

/** Commands that change files. */
export const WRITING_COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['sed', sed],
  ['cp', copy],
  [
    'mv',
    (call) => {
      const result = copy(call);
      const [from] = split(call.args).operands;
      if (result.status !== 0 || from === undefined)
        return { ...result, err: (result.err ?? '').replace(/^cp/, 'mv') };
      return each(call, 'mv', [from], (path) => {
        call.around.files.remove(path, false);
        return '';
      });
    },
  ],
  [
    'rm',
    (call) => {
      const { flags, operands } = split(call.args);
      const result = each(call, 'rm', operands, (path) => {
        call.around.files.remove(path, /r/i.test(flags));
        return '';
      });
      return flags.includes('f') ? { status: 0 } : result;
    },
  ],
  [
    'mkdir',
    (call) => {
      const { flags, operands } = split(call.args);
      return each(call, 'mkdir', operands, (path) => {
        call.around.files.makeDirectory(path, flags.includes('p'));
        return '';
      });
    },
  ],
  [
    'touch',
    (call) =>
      each(call, 'touch', split(call.args).operands, (path) => {
        call.around.files.write(path, '', true);
        return '';
      }),
  ],
]);
