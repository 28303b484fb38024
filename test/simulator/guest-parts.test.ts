import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseCommandLine } from '../../server/simulator/guest/command-line.js';
import { FileSystem } from '../../server/simulator/guest/file-system.js';
import { substitution } from '../../server/simulator/guest/substitution.js';
import { answerSysrq } from '../../server/simulator/guest/sysrq.js';
import { Tty } from '../../server/simulator/guest/tty.js';

describe("a guest's command line", () => {
  const variable = (name: string): string => ({ '?': '3', HOME: '/root' })[name] ?? '';
  const table: readonly (readonly [line: string, commands: readonly (readonly string[])[]])[] = [
    ['', []],
    ['echo a  b', [['echo', 'a', 'b']]],
    [`echo 'a  b'"c $HOME"d`, [['echo', 'a  bc /rootd']]],
    ["echo '$HOME' $HOME ${HOME}x $?", [['echo', '$HOME', '/root', '/rootx', '3']]],
    ['echo $((6*7)) $((1+2*3)) $(((1+2)*3)) $((-7/2))', [['echo', '42', '7', '9', '-3']]],
    ['a; b && c || d', [['a'], ['b'], ['c'], ['d']]],
    ['a;', [['a']]],
    ['# nothing', []],
    ['echo a#b', [['echo', 'a#b']]],
    [`sed -i 's/a|b;c/d>e/' f`, [['sed', '-i', 's/a|b;c/d>e/', 'f']]],
  ];
  for (const [line, commands] of table) {
    it(JSON.stringify(line), () => {
      const parsed = parseCommandLine(line, variable);
      assert.deepEqual(
        parsed.flatMap((pipeline) => pipeline.commands.map(({ words }) => words)),
        commands,
      );
    });
  }

  it('knows where output goes', () => {
    const [pipeline] = parseCommandLine('a | b >>c', variable);
    assert.deepEqual(pipeline?.commands, [
      { words: ['a'], output: undefined },
      { words: ['b'], output: { path: 'c', append: true } },
    ]);
  });

  it('refuses what makes no sense', () => {
    for (const line of [
      "echo 'a",
      'echo "a',
      '| a',
      'a |',
      'a >',
      ';',
      'a ;; b',
      '&& a',
      'echo $((1/0))',
      'echo $((1+))',
    ]) {
      assert.throws(() => parseCommandLine(line, variable), /syntax error|divide by zero/, line);
    }
  });
});

describe("a guest's sed", () => {
  const table: readonly (readonly [script: string, line: string, result: string | undefined])[] = [
    ['s/xvdz/xvda/', '/dev/xvdz xvdz', '/dev/xvda xvdz'],
    ['s/xvdz/xvda/g', '/dev/xvdz xvdz', '/dev/xvda xvda'],
    ['s|/dev/z|/dev/a|', '/dev/z', '/dev/a'],
    ['s/\\/dev/X/', '/dev', 'X'],
    ['s/\\(a*\\)b/[\\1&]/', 'aab', '[aaaab]'],
    ['s/a+/x/', 'a+ aa', 'x aa'],
    ['s/A/x/I', 'a', 'x'],
    ['s/a$/&$&/', 'ba', 'ba$a'],
    ['p', 'a', undefined],
    ['s/a/b', 'a', undefined],
    ['s/a/b/x', 'a', undefined],
    ['s/\\(/b/', 'a', undefined],
  ];
  for (const [script, line, result] of table) {
    it(`${script} on ${JSON.stringify(line)}`, () => {
      assert.equal(substitution(script)?.(line), result);
    });
  }
});

describe("a guest's files", () => {
  let directory: string;
  let files: FileSystem;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'postern-guest-'));
    for (const name of ['root/mnt', 'disk', 'outside']) mkdirSync(join(directory, name), { recursive: true });
    writeFileSync(join(directory, 'disk', 'kept'), 'disk\n');
    writeFileSync(join(directory, 'outside', 'secret'), 'secret\n');
    const root = { source: 'rootfs', point: '/', directory: join(directory, 'root'), writable: true };
    files = new FileSystem(root, new Map([['/proc/version', { read: () => 'Linux\n' }]]));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const mount = (writable: boolean): void => {
    files.mount({ source: '/dev/xvda', point: '/mnt', directory: join(directory, 'disk'), writable });
  };

  it('appear where they are mounted, and go when they are unmounted', () => {
    mount(true);
    assert.equal(files.read('/mnt/kept'), 'disk\n');
    files.write('/mnt/new', 'a');
    files.write('/mnt/new', 'b', true);
    assert.equal(files.read('/mnt/new'), 'ab');
    assert.deepEqual(files.list('/mnt'), ['kept', 'new']);
    assert.ok(files.unmount('/mnt'));
    assert.throws(() => files.read('/mnt/kept'), /No such file or directory/);
    assert.ok(!files.unmount('/'));
  });

  it('of a read-only disk cannot be changed', () => {
    mount(false);
    for (const attempt of [
      () => {
        files.write('/mnt/kept', '');
      },
      () => {
        files.remove('/mnt/kept', false);
      },
      () => {
        files.makeDirectory('/mnt/d', false);
      },
    ]) {
      assert.throws(attempt, /Read-only file system/);
    }
    assert.equal(files.read('/mnt/kept'), 'disk\n');
  });

  // A guest could put a link to the host's files on its disk, and read them through the simulator.
  it('are never outside of the disk: a symbolic link leads nowhere', () => {
    mount(true);
    symlinkSync(join(directory, 'outside'), join(directory, 'disk', 'link'));
    symlinkSync(join(directory, 'outside', 'secret'), join(directory, 'disk', 'file'));
    for (const path of ['/mnt/link/secret', '/mnt/file', '/mnt/link']) {
      assert.throws(() => files.read(path), /No such file or directory/, path);
      assert.throws(
        () => {
          files.write(path, 'x');
        },
        /No such file or directory/,
        path,
      );
    }
    assert.equal(files.read('/mnt/kept'), 'disk\n');
  });

  it('have a largest size', () => {
    assert.throws(() => {
      files.write('/big', 'x'.repeat(1024 * 1024 + 1));
    }, /No space left on device/);
  });

  it('of the kernel are read, listed and not written', () => {
    assert.equal(files.read('/proc/version'), 'Linux\n');
    assert.deepEqual(files.list('/proc'), ['version']);
    assert.ok(files.isDirectory('/proc'));
    assert.throws(() => {
      files.write('/proc/version', '');
    }, /Permission denied/);
  });
});

describe("a guest's SysRq", () => {
  const table = [
    ['b', 1, 'reboot'],
    ['c', 1, 'crash'],
    ['o', 1, 'poweroff'],
    ['s', 1, 'none'],
    ['c', 438, 'none'],
    ['b', 438, 'reboot'],
    ['b', 0, 'none'],
    ['?', 1, 'none'],
  ] as const;
  for (const [key, mask, effect] of table) {
    it(`${key} with kernel.sysrq=${mask}: ${effect}`, () => {
      assert.equal(answerSysrq(key, mask).effect, effect);
    });
  }
});

describe("a guest's terminal line", () => {
  const typed = (text: string): { lines: string[]; shown: string } => {
    const lines: string[] = [];
    let shown = '';
    const tty = new Tty((piece) => (shown += piece));
    const ask = (): void => {
      tty.ask('', {
        line: (line) => {
          lines.push(line);
          ask();
        },
        interrupt: ask,
        endOfFile: ask,
      });
    };
    ask();
    // One byte at a time: decoding must not depend on how the bytes are cut.
    for (const byte of Buffer.from(text)) tty.input(Buffer.of(byte));
    return { lines, shown };
  };

  it('echoes what is typed, whatever its script', () => {
    assert.deepEqual(typed('aé漢\r'), { lines: ['aé漢'], shown: 'aé漢\r\n' });
  });

  it('takes back with backspace, Ctrl-U and Ctrl-W', () => {
    assert.deepEqual(typed('ab\x7f\x7f\x7fc\r').lines, ['c']);
    assert.deepEqual(typed('abc\x15d\r').lines, ['d']);
    assert.deepEqual(typed('abc def \x17g\r').lines, ['abc g']);
  });

  it('never takes an answer of the terminal for something typed', () => {
    assert.deepEqual(typed('a\x1b[24;80Rb\x1b[?1;2cc\x1bOPd\r').lines, ['abcd']);
  });

  it('shows control characters harmlessly and drops NUL', () => {
    assert.deepEqual(typed('a\x1d\x00b\r'), { lines: ['a\x1db'], shown: 'a^]b\r\n' });
  });

  it('limits a line', () => {
    assert.deepEqual(
      typed(`${'x'.repeat(5000)}\r`).lines.map((line) => line.length),
      [4095],
    );
  });

  it('keeps what is typed while nobody reads, up to a limit, unless Ctrl-C comes', () => {
    const tty = new Tty(() => undefined);
    const lines: string[] = [];
    const reader = {
      line: (line: string) => lines.push(line),
      interrupt: () => undefined,
      endOfFile: () => undefined,
    };
    tty.hold(reader);
    tty.input(Buffer.from(`early\r${'x'.repeat(100_000)}`));
    tty.ask('', reader);
    assert.deepEqual(lines, ['early']);
    tty.hold(reader);
    tty.input(Buffer.from('again\r\x03'));
    tty.ask('', reader);
    assert.deepEqual(lines, ['early']);
  });
});
