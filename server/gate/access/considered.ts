import type { Action } from '../../../policy/actions.js';
import type { BootProfileName, DomainName, ImageName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { AccessRequest, Verdict } from './verdict.js';

/** What was decided about one domain. Null stands for yes. */
export interface Considered {
  readonly answers: ReadonlyMap<Action, Refusal | null>;
  /** The answers for a rescue, by profile. */
  readonly profiles: ReadonlyMap<BootProfileName, Refusal | null>;
  /** The answers for a reinstallation, by image. */
  readonly images: ReadonlyMap<ImageName, Refusal | null>;
}

/** What is asked of one domain. */
export interface ConsideredActions {
  readonly actions: readonly Action[];
  readonly profiles: readonly BootProfileName[];
  readonly images: readonly ImageName[];
}

/**
 * Asks about many actions on one domain. A rescue is allowed when it is allowed with one of the profiles, and a
 * reinstallation when it is allowed with one of the images.
 */
export function consider(
  judge: (request: AccessRequest) => Verdict,
  domain: DomainName,
  { actions, profiles, images }: ConsideredActions,
): Considered {
  const ask = (action: Action, profile: BootProfileName | ImageName | null): Refusal | null => {
    const verdict = judge({ action, domain, profile });
    return verdict.allow ? null : verdict.refusal;
  };
  const byProfile = new Map(profiles.map((profile) => [profile, ask('rescue', profile)]));
  const byImage = new Map(images.map((image) => [image, ask('reinstall', image)]));
  const answers = new Map<Action, Refusal | null>();
  for (const action of actions) {
    const named =
      action === 'rescue' ? byProfile : action === 'reinstall' ? byImage : new Map<string, never>();
    const [first] = named.values();
    const isAllowed = [...named.values()].includes(null);
    answers.set(action, isAllowed ? null : (first ?? ask(action, null)));
  }
  return { answers, profiles: byProfile, images: byImage };
}
