import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCustomerName, parseDomainName } from '../../../policy/names.js';
import {
  isRecordingId,
  newRecordingId,
  parseRecordingFile,
  recordingFile,
} from '../../../server/gate/recording/recording-name.js';
import { propertyRuns } from '../../support/property-runs.js';
import { customerName, domainName } from '../../support/temporary-store.js';

describe('gate: the name of a recording', () => {
  it('is read back from its file, whatever customer and domain are called', () => {
    const named = fc.record({
      id: fc.stringMatching(/^[0-9a-f]{12}$/),
      begunAt: fc
        .date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      customer: fc
        .stringMatching(/^[a-z_][a-z0-9_.-]{0,31}$/)
        .filter((name) => parseCustomerName(name) === name),
      domain: fc
        .stringMatching(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,62}$/)
        .filter((name) => parseDomainName(name) === name),
      record: fc.constantFrom('output' as const, 'input' as const),
      running: fc.boolean(),
    });
    fc.assert(
      fc.property(named, ({ running, ...name }) => {
        const given = { ...name, customer: customerName(name.customer), domain: domainName(name.domain) };
        const file = recordingFile(given);
        assert.ok(!file.includes('/') && Buffer.byteLength(`${file}.running`) <= 255);
        assert.deepEqual(parseRecordingFile(`${file}${running ? '.running' : ''}`), { ...given, running });
      }),
      propertyRuns('names of recordings', 200, 20_000),
    );
  });

  it('is no other file’s', () => {
    const good = '2026-11-21T07-15-02-114Z,alice,horatio,3f9ac91e04b7,output.cast';
    assert.ok(parseRecordingFile(good) !== undefined);
    for (const bad of [
      `${good}~`,
      `.${good}`,
      good.replace('alice', '../alice'),
      good.replace('alice', 'Alice'),
      good.replace('horatio', 'Domain-0'),
      good.replace('3f9', '3F9'),
      good.replace('output', 'off'),
      good.replace('2026-11', '2026-13'),
      'postern.db',
    ]) {
      assert.equal(parseRecordingFile(bad), undefined, bad);
    }
  });

  it('has an ID that tells nothing', () => {
    const ids = new Set(Array.from({ length: 100 }, newRecordingId));
    assert.equal(ids.size, 100);
    assert.ok([...ids].every(isRecordingId));
  });
});
