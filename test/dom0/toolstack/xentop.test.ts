import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { parseXentop, Xentop } from '../../../server/dom0/toolstack/xentop.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

/** As print_* of xentop.c: the widths grow with the longest name and number. */
const HEADING =
  '      NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)  MAXMEM(k) MAXMEM(%) VCPUS NETS NETTX(k) NETRX(k) VBDS   VBD_OO   VBD_RD   VBD_WR  VBD_RSECT  VBD_WSECT SSID';
const DOMAIN_0 =
  '  Domain-0 -----r        136    0.0    1048576   51.2   no limit       n/a     1    0        0        0    0        0        0        0          0          0    0';

function row(name: string, state = '--b---', [tx, rx, rd, wr]: readonly string[] = ['12', '7', '300', '4']) {
  return `${name.padStart(10)} ${state}          3    0.0     131072    6.4     132096       6.4     1    1 ${tx} ${rx}    1        0 ${rd} ${wr} 9999999999  32    0`;
}

function table(...rows: readonly string[]): string {
  return `${[HEADING, DOMAIN_0, ...rows].join('\n')}\n`;
}

const COUNTED = { network: { receivedKiB: 12, sentKiB: 7 }, disk: { reads: 300, writes: 4 } };

describe('the table of xentop', () => {
  it('has what each guest received and sent as the guest sees it, and its requests to disks', () => {
    assert.deepEqual(
      [...(parseXentop(table(row('horatio'), row('ophelia'))) ?? [])],
      [
        ['horatio', COUNTED],
        ['ophelia', COUNTED],
      ],
    );
  });

  it('has names of any length, numbers of any width, and domains in any state', () => {
    const long = 'a'.repeat(63);
    const found = parseXentop(
      table(row(long, 'd-----', ['123456789012', '98765432109', '1', '2']), row('x', '-s-c--')),
    );
    assert.deepEqual(found?.get(long)?.network, { receivedKiB: 123_456_789_012, sentKiB: 98_765_432_109 });
    assert.deepEqual(found.get('x'), COUNTED);
  });

  const OTHERS: Readonly<Record<string, string>> = {
    'a name with a space that ends like a domain': row('evil horatio'),
    'a name with spaces that looks like a row': row('horatio --b--- 3 0.0 131072 6.4 132096 6.4 1 1 5'),
    'a name that could be read as a limit': row('horatio no limit'),
    'a row that is cut off': row('horatio').slice(0, 80),
    'a row with a column too few': row('horatio').replace(/ 0$/, ''),
    'a name that two rows have': `${row('horatio')}\n${row('horatio')}`,
    'an empty row': '',
    'Domain-0 by number': row('0'),
  };
  for (const [what, text] of Object.entries(OTHERS))
    it(`counts nothing for a domain by ${what}`, () => {
      assert.equal(parseXentop(table(text))?.has('horatio'), false);
    });

  it('counts no disks where Xen says nothing of them, and no network where it is no number', () => {
    const found = parseXentop(
      table(row('one', '--b---', ['1', '2', '-', '-']), row('two', '--b---', ['-nan', '2', '3', '4'])),
    );
    assert.deepEqual(found?.get('one'), { network: { receivedKiB: 1, sentKiB: 2 }, disk: null });
    assert.deepEqual(found.get('two'), { network: null, disk: { reads: 3, writes: 4 } });
  });

  it('is read by its headings: a column more does not shift the counts', () => {
    const more = (line: string): string => line.replace(/( +\S+)$/, '    77$1');
    const text = [HEADING.replace(/ SSID$/, ' VBD_NEW SSID'), more(row('horatio'))].join('\n');
    assert.deepEqual(parseXentop(text)?.get('horatio'), COUNTED);
  });

  it('is none when the program printed something else', () => {
    for (const text of ['', 'xentop: invalid option\n', 'NAME\n', 'NAME ID\n1 2\n'])
      assert.equal(parseXentop(text), undefined);
  });
});

describe('xentop as a program', () => {
  let directory: TemporaryDirectory;
  beforeEach(() => {
    directory = new TemporaryDirectory();
  });
  afterEach(() => {
    directory.dispose();
  });

  async function running(body: string): Promise<Xentop> {
    const command = directory.file('xentop');
    await writeFile(command, `#!/bin/sh\n${body}\n`);
    await chmod(command, 0o755);
    return new Xentop(command, { XL_SIMULATOR: '/nowhere' });
  }

  it('is run once for all guests, with its names in full, and with the environment of the toolstack', async () => {
    const program = await running(
      `[ "$*:$XL_SIMULATOR" = '-b -f -i 1:/nowhere' ] && cat <<'END'\n${table(row('horatio'))}END`,
    );
    assert.deepEqual([...(await program.read()).keys()], ['horatio']);
  });

  it('says in a sentence why it told nothing', async () => {
    await assert.rejects((await running('echo "Failed to \x1b[2Jget stats" >&2; exit 1')).read(), {
      message: /^xentop failed, exit 1: Failed to .{1,8}\[2Jget stats$/u,
    });
    await assert.rejects((await running('echo hello')).read(), {
      message: 'xentop printed no table that we know',
    });
    await assert.rejects(new Xentop(directory.file('nowhere'), {}).read(), {
      message: /^xentop not-started: /,
    });
  });
});
