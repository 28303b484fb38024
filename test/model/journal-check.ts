import type { JournalRecord } from '../../server/dom0/operations/journal-record.js';
import type { ModelDisk } from './model-disk.js';
import { STATE } from './model-settings.js';
import { short } from './witness.js';
import type { Witness } from './witness.js';

const FIRST = '0'.repeat(64);

/**
 * Finds problems in the journal's files, read again: in the hash chain over all of them, and against the
 * operations that the witness saw.
 */
export function checkJournal(disk: ModelDisk, witness: Witness): readonly string[] {
  const problems: string[] = [];
  const files = disk.names(STATE);
  const current = `${STATE}/journal.jsonl`;
  const archives = files.filter((path) => /journal-\d+\.jsonl$/.test(path));
  const names = `${STATE}/names.json`;
  // A test write may leave its file when the disk fails. The next start removes it.
  const tried = disk.wasUnwell ? [`${current}.new`] : [];
  const others = files.filter(
    (path) => ![current, names, `${names}.new`, ...tried, ...archives].includes(path),
  );
  if (others.length > 0) problems.push(`files are left: ${others.join(' ')}`);
  const ends = new Map<string, string[]>();
  const requests = new Map<string, number>();
  let prev = FIRST;
  let seq = 0;
  for (const path of [...archives, current]) {
    for (const line of disk.text(path).split('\n').slice(0, -1)) {
      let record: JournalRecord;
      try {
        record = JSON.parse(line) as JournalRecord;
      } catch {
        problems.push(`${path} has a line that is no record`);
        continue;
      }
      if (record.prev !== prev || record.seq !== seq + 1)
        problems.push(`${path}: record ${record.seq} does not follow record ${seq}`);
      ({ seq, hash: prev } = record);
      const { event } = record;
      if (event.kind === 'requested')
        requests.set(event.request.id, (requests.get(event.request.id) ?? 0) + 1);
      if (event.kind === 'ended')
        ends.set(event.operation, [...(ends.get(event.operation) ?? []), event.phase]);
    }
  }
  for (const [id, times] of requests) {
    if (times !== 1) problems.push(`${short(id)} stands in the journal ${times} times`);
    const phases = ends.get(id) ?? [];
    if (phases.length !== 1) problems.push(`${short(id)} has ${phases.length} ends in the journal`);
    const told = witness.told.get(id);
    // A later half cannot know an end that could not be written, and was reported as unrecorded.
    if (told?.isRecorded === true && phases[0] !== told.phase)
      problems.push(`${short(id)} was told to be ${told.phase}; the journal says ${phases[0] ?? 'nothing'}`);
  }
  for (const [id, asks] of witness.asks) {
    const accepted = asks.some(({ answer }) => answer === 'accepted');
    if (accepted && !requests.has(id)) problems.push(`${short(id)} was accepted and is not in the journal`);
    const refused = asks.every(({ answer }) => answer === 'refused');
    if (refused && requests.has(id)) problems.push(`${short(id)} was refused and is in the journal`);
  }
  return problems;
}
