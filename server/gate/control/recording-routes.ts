import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Store } from '../../store/store.js';
import { readRecording } from '../recording/recording-reader.js';
import { RecordingStore } from '../recording/recording-store.js';
import type { Recording } from '../recording/recording-store.js';
import { Retention } from '../recording/retention.js';
import { customer, domain, flag, optional, recording, time } from './argument.js';
import type { RecordingsPruned, RecordingView } from './record-answers.js';
import type { AdministrationSettings } from './control-ports.js';
import { StreamedBytes, route } from './route.js';
import type { Route } from './route.js';

/**
 * The recordings of consoles. Files and their names are all there is of them, so it does not matter whether a
 * gate runs.
 */
export function recordingRoutes(store: Store, { recordings }: AdministrationSettings): readonly Route[] {
  const { audit } = store;
  const recordingStore = new RecordingStore(recordings.directory);
  const retention = new Retention({ recordingStore, limits: recordings, audit });

  return [
    route(
      'GET',
      '/recordings',
      { customer: optional(customer), domain: optional(domain), since: optional(time) },
      async (given) => {
        const found = await recordingStore.list(
          (name) =>
            (given.customer === null || name.customer === given.customer) &&
            (given.domain === null || name.domain === given.domain) &&
            (given.since === null || name.begunAt >= given.since),
        );
        return { recordings: found.map(view) };
      },
    ),

    // The reader is in the audit log before the first byte is handed over.
    route('POST', '/recordings/:recording/export', { recording }, async (given, { actor }) => {
      const found = await recordingStore.find(given.recording);
      if (found === undefined) return noSuch(given.recording);
      const { length, stream } = await readRecording(found);
      try {
        const { id, customer: whose, domain: where } = found;
        audit.append({ kind: 'recording.exported', actor, customer: whose, domain: where, recording: id });
      } catch (error) {
        stream.destroy();
        throw error;
      }
      return new StreamedBytes(length, stream);
    }),

    route(
      'POST',
      '/recordings/prune',
      { before: optional(time), dry: flag },
      async (given, { actor }): Promise<RecordingsPruned> => {
        const gone = given.dry
          ? await retention.outgrown(given.before)
          : await retention.prune(actor, given.before);
        return { removed: gone.map(({ recording: one, reason }) => ({ ...view(one), reason })) };
      },
    ),
  ];
}

function view({
  id,
  customer: whose,
  domain: where,
  record,
  begunAt,
  endedAt,
  bytes,
}: Recording): RecordingView {
  return { id, customer: whose, domain: where, record, begunAt, endedAt, bytes };
}

function noSuch(id: string): Refusal {
  return refusal('no-such-recording', `there is no recording ${id}: see \`postern recording list\``);
}
