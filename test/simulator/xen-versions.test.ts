import assert from 'node:assert/strict';
import { comparable, readRecording } from './recording.js';
import type { RecordedCommand } from './recording.js';

/**
 * All that `xl` of Xen 4.20 says otherwise than that of 4.17, in what both recorded; docs/xen-versions.md tells
 * it to admins. The simulator has the words of 4.17 (recordings.test.ts), so by these it is held to both.
 */
const DIFFERENCES: readonly (readonly [in417: RegExp, in420: RegExp])[] = [
  // A line more about a domain that is gone, among those after the first reason.
  [
    /^$/,
    /^libxl: error: libxl_domain\.c:libxl_domain_info: Domain ID:Getting domain info: No such process\n/gm,
  ],
  // The reason that `xl console DOMID` gives for a domid of none.
  [/unable to get domain type for domid=999\n/g, /Domain ID:unable to get dominfo: No such process\n/g],
];

/** `xl console` of 4.20 takes another escape character, as `toolstack.consoleEscapeOption` needs it. */
const ESCAPE = /^-e <escape> {5}escape character\n/m;

/** Recordings whose text does not depend on how fast the host was. */
const RECORDINGS = [
  ...['01-list-empty', '02-create', '03-list-long-json', '03-list-long-json-one', '03-list-two'],
  ...['04-list-name', '05-list-unknown', '06-domid-domname', '07-console-unknown', '08-create-running'],
  ...['09-create-badcfg', '10-create-nomem', '11-pause', '12-sysrq', '13-uptime'],
  ...['21-reboot-notrunning', '21-shutdown-notrunning', '40-dryrun', '42-dryrun-cases', '67-pygrub-nodisk'],
  ...['21-destroy-notrunning', '81-same-disk-twice', '82-rename-mem', '85-crash-preserve'],
];

describe('xl of Xen 4.20 and of 4.17', () => {
  for (const name of RECORDINGS) {
    it(`${name}: say the same, but for the differences that are told`, () => {
      const old = readRecording(name, '4.17');
      const now = readRecording(name, '4.20');
      assert.deepEqual(
        now.map(({ command }) => command),
        old.map(({ command }) => command),
      );
      old.forEach((before, index) => {
        const after = now[index]!;
        assert.equal(after.status, before.status, before.command);
        for (const stream of ['stdout', 'stderr'] as const)
          assert.equal(said(after, stream, 1), said(before, stream, 0), `${before.command}: ${stream}`);
      });
    });
  }

  it('86-crash-restart-default: after a crash xl does the same, in the same order', () => {
    const log = (version: '4.17' | '4.20'): string[] =>
      (readRecording('86-crash-restart-default', version).at(-1)?.stdout ?? '')
        .split('\n')
        .filter((line) => /^(Domain|Action|Done)/.test(line) && !line.startsWith('Domain-0'))
        .map((line) => line.replace(/^Domain \d+/, 'Domain'));
    assert.equal(log('4.17').length, 4);
    assert.deepEqual(log('4.20'), log('4.17'));
  });

  it('have the same keys in xl info, and the same usage of the verbs', () => {
    const keys = (version: '4.17' | '4.20'): string[] =>
      [...(readRecording('14-info', version)[0]?.stdout ?? '').matchAll(/^(\w+) +:/gm)].map(
        ([, key = '']) => key,
      );
    assert.ok(keys('4.17').length > 20);
    assert.deepEqual(keys('4.20'), keys('4.17'));
    for (const { command, stdout, stderr } of readRecording('16-misc', '4.17')) {
      if (!/^xl (help|nosuch)/.test(command)) continue;
      const now = readRecording('16-misc', '4.20').find((each) => each.command === command);
      const text = now?.stdout.replace(ESCAPE, '');
      assert.deepEqual([text, now?.stderr], [stdout, stderr], command);
      assert.equal(ESCAPE.test(now?.stdout ?? ''), command === 'xl help console', command);
    }
  });
});

/** Without domids and lines of the sources, and without the differences; `which` is 0 for 4.17. */
function said(run: RecordedCommand, stream: 'stdout' | 'stderr', which: 0 | 1): string {
  const text = comparable(run[stream])
    .replace(/(\.c):\d+:/g, '$1:')
    .replace(/Domain \d+:/g, 'Domain ID:')
    .replace(/^\/etc\/xen\/(\w+\.cfg):\d+:/gm, '/etc/xen/$1:')
    .replace(/"domid": \d{1,2},/g, '"domid": ID,')
    // A domain that computes or waits, and one that waits for a processor.
    .replace(/^(\S+) +\d+( +\d+ +\d+ +)(?:running|------) SECONDS/gm, '$1 ID$2running SECONDS')
    .replace(/^(\S+) +\d+( +\d+ +\d+ +[r-][b-][p-][s-][rscw-][d-] SECONDS)/gm, '$1 ID$2')
    .replace(/^(Name +ID +Uptime\n)?(\S+) +\d+ UPTIME$/gm, '$1$2 UPTIME')
    .replace(/^(UUID|[0-9a-f-]{36}) +\d+ +/gm, '$1 ID ')
    .replace(/^\d{1,2}$/gm, 'ID')
    .replace(/^(Shutting down domain) \d+$/gm, '$1 ID')
    .replace(/\(domid \d+\)/g, '(domid ID)')
    .replace(/^Domain \d+ has/gm, 'Domain ID has')
    .replace(/^\/dev\/loop\d+: \[\d+\]:\d+/gm, '/dev/loop')
    // The first part of a guest for which 64 MiB are too small: the kernel of Debian 13 is larger.
    .replace(/segment \w+ too large \(.*\)/, 'segment too large');
  return DIFFERENCES.reduce((rest, difference) => rest.replace(difference[which], ''), text);
}
