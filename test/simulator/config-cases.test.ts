import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dryRunText } from '../../server/simulator/dry-run.js';
import { RECORDED_VERSIONS, comparable, readRecording } from './recording.js';

/**
 * The simulated host knows nothing of CPUID: it reads the file as xl does, but does not complain about that.
 */
const CPUID = /while parsing CPUID line: .*\n {2}error #5: .*\n/;

describe('the simulated xl -N create, and what the real ones made of each file', () => {
  const recorded = RECORDED_VERSIONS.flatMap((version) =>
    readRecording('42-dryrun-cases', version).map((run) => ({ ...run, version })),
  );
  for (const { command, stdout, stderr, status, version } of recorded) {
    const file = command.replace(/^xl -N create /, '');
    it(`${file}, Xen ${version}: the same text, stream and exit status`, () => {
      const path = fileURLToPath(new URL(`../../../test/fixtures/xl-cfg/${file}`, import.meta.url));
      const here = dryRunText(readFileSync(path, 'utf8'), file);
      // The recording has each carriage return as a newline.
      assert.equal(here.stderr.replaceAll('\r', '\n'), stderr.replace(CPUID, ''));
      assert.equal(here.status, status);
      const known = CPUID.test(stderr) ? withoutCpuid(stdout) : stdout;
      assert.equal(comparable(here.stdout), comparable(known));
    });
  }
});

function withoutCpuid(text: string): string {
  return text.replace(/ {8}"cpuid": \{[\s\S]*?\n {8}\},\n/, '');
}
