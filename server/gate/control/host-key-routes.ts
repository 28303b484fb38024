import { shortList } from '../../../policy/listing.js';
import type { CustomerName } from '../../../policy/names.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { AdminActor } from '../../store/audit-actor.js';
import type { Store } from '../../store/store.js';
import { HostKeyError } from '../ssh/host-key-error.js';
import type { HostKeyRotation, RotationStep } from '../ssh/host-key-rotation.js';
import type { HostKeys } from '../ssh/host-keys.js';
import { flag, hostKeyType, optional } from './argument.js';
import type { HostKeyLearned, HostKeyList, HostKeyStep } from './host-key-answers.js';
import { route } from './route.js';
import type { Route } from './route.js';

/** Gives the host keys: those of the running gate, or those of the files. It may throw HostKeyError. */
export type ReadHostKeys = () => HostKeys | Promise<HostKeys>;

/** The host keys, and the steps of their rotation. */
export function hostKeyRoutes(store: Store, read: ReadHostKeys): readonly Route[] {
  const type = optional(hostKeyType);
  /** Does the work with the keys as the files have them now, and records it when a running gate had others. */
  const withKeys = (
    work: (keys: HostKeys) => HostKeyStep | Refusal | Promise<HostKeyStep | Refusal>,
  ): Promise<HostKeyStep | Refusal> =>
    refusing(async () => {
      const keys = await read();
      keys.reload((announced) => {
        store.audit.append({ kind: 'hostkeys.changed', actor: null, announced });
      });
      return work(keys);
    });
  return [
    route('GET', '/host-keys', {}, () =>
      refusing(async (): Promise<HostKeyList> => {
        const keys = await read();
        const next = keys.stored.filter(({ use }) => use === 'next');
        return {
          keys: keys.stored.map(({ use, file, key, madeAt }) => ({
            use,
            type: key.type,
            bits: key.bits,
            fingerprint: key.fingerprint,
            file,
            madeAt: madeAt.toISOString(),
          })),
          problems: keys.problems.map(({ message }) => message),
          rotations: next.map(({ key, placedAt }) => ({
            fingerprint: key.fingerprint,
            ...learned(store, placedAt),
          })),
        };
      }),
    ),

    route('POST', '/host-keys/rotation', { type }, (given, { actor }) =>
      withKeys(async (keys) => {
        const rotation = keys.rotation(given.type);
        if (isRefusal(rotation)) return rotation;
        const step = await rotation.begin();
        return isRefusal(step) ? step : make('began', rotation, step, keys, store, actor);
      }),
    ),

    route('POST', '/host-keys/rotation/finish', { type, now: flag }, (given, { actor }) =>
      withKeys((keys) => {
        const rotation = keys.rotation(given.type);
        if (isRefusal(rotation)) return rotation;
        const step = rotation.finish();
        if (isRefusal(step)) return step;
        const next = keys.stored.find(({ key }) => key.fingerprint === step.key?.fingerprint);
        const { behind } = learned(store, next?.placedAt ?? new Date());
        if (behind.length > 0 && !given.now) return tooEarly(behind);
        return make('finished', rotation, step, keys, store, actor);
      }),
    ),

    route('DELETE', '/host-keys/rotation', { type }, (given, { actor }) =>
      withKeys((keys) => {
        const rotation = keys.rotation(given.type);
        if (isRefusal(rotation)) return rotation;
        const step = rotation.cancel();
        return isRefusal(step) ? step : make('cancelled', rotation, step, keys, store, actor);
      }),
    ),
  ];
}

/** @returns a refusal for a file that cannot be used */
async function refusing<T extends object>(work: () => Promise<T | Refusal>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HostKeyError) return refusal('internal', error.message);
    throw error;
  }
}

/** Records the step, then makes it: no change of a key lacks its row, whatever is killed meanwhile. */
function make(
  what: HostKeyStep['step'],
  { file }: HostKeyRotation,
  step: RotationStep,
  keys: HostKeys,
  store: Store,
  actor: AdminActor,
): HostKeyStep | Refusal {
  const { type } = step;
  const done = { type, fingerprint: step.key?.fingerprint ?? null, former: step.former.fingerprint };
  store.audit.append({ kind: `hostkey.rotation.${what}`, actor, ...done });
  try {
    step.carryOut();
  } catch (error) {
    if (!(error instanceof HostKeyError)) throw error;
    store.audit.append({ kind: 'hostkey.rotation.failed', actor, type, detail: error.message });
    return refusal('internal', error.message);
  }
  keys.reload();
  return { step: what, ...done, file };
}

function learned(store: Store, since: Date): HostKeyLearned {
  const last = new Map<CustomerName, string>();
  for (const { customer, lastUsedAt } of store.keys.all())
    if (lastUsedAt !== null && lastUsedAt > (last.get(customer) ?? '')) last.set(customer, lastUsedAt);
  const at = since.toISOString();
  const behind = [...last].filter(([, used]) => used < at).map(([customer]) => customer);
  return { since: at, customers: last.size, behind };
}

function tooEarly(behind: readonly CustomerName[]): Refusal {
  return refusal(
    'needs-confirmation',
    `nothing was changed: ${shortList(behind)} ${behind.length === 1 ? 'has' : 'have'} not logged in since the next key was announced, so their ssh would warn of a changed key; wait, or add --now`,
  );
}
