import type { Policy } from '../../../policy/policy.js';
import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { AuditUnavailableError, StoreError } from '../../store/store-error.js';
import type { Store } from '../../store/store.js';
import { authorityRoutes } from './authority-routes.js';
import { auditRoutes } from './audit-routes.js';
import { NO_OBSERVATIONS } from '../access/domain-observations.js';
import { backupRoutes } from './backup-routes.js';
import type { AdministrationSettings, HostJournal, ReadPolicy, RunningGate } from './control-ports.js';
import { customerRoutes } from './customer-routes.js';
import { declarationRoutes } from './declaration-routes.js';
import { domainRoutes } from './domain-routes.js';
import { hostKeyRoutes } from './host-key-routes.js';
import type { ReadHostKeys } from './host-key-routes.js';
import { importRoutes } from './import-routes.js';
import { keyRoutes } from './key-routes.js';
import { loginRoutes } from './login-routes.js';
import { noticeAddressRoutes, noticeRoutes } from './notice-routes.js';
import { maintenanceRoutes } from './maintenance-routes.js';
import { explainRoutes } from './explain-routes.js';
import { liveRoutes } from './live-routes.js';
import { overviewRoutes } from './overview-routes.js';
import { policyRoutes, restoredRoutes } from './policy-routes.js';
import { recordingRoutes } from './recording-routes.js';
import type { RouteAnswer, Call, Route } from './route.js';
import { NEEDS_THE_GATE } from './route.js';
import { sessionRoutes } from './session-routes.js';

/**
 * All that admins can ask for: over the control socket of a running gate, or on the database itself while the
 * gate is down.
 */
export class Administration {
  readonly #routes: readonly Route[];
  readonly #running: boolean;

  /** Use `ofRunningGate` or `ofDatabase` instead. */
  constructor(routes: readonly Route[], running: boolean) {
    this.#routes = routes;
    this.#running = running;
  }

  static ofRunningGate(store: Store, settings: AdministrationSettings, gate: RunningGate): Administration {
    const routes = [
      ...commonRoutes(store, settings, gate, () => gate.policy.policy),
      ...explainRoutes({
        store,
        policy: () => gate.policy.policy,
        read: gate.readPolicy,
        observations: gate.observations,
        atOnce: (query) => gate.atOnce(query),
      }),
      ...auditRoutes(store, gate.hosts),
      ...policyRoutes(store, gate.policy),
      ...sessionRoutes(store, settings, gate),
      ...overviewRoutes(store, settings, gate),
      ...liveRoutes(gate),
      ...noticeRoutes(gate.notices),
      ...hostKeyRoutes(store, () => gate.hostKeys),
      ...loginRoutes(store, settings, () => gate.policy.policy, gate.logins),
    ];
    return new Administration(routes, true);
  }

  /**
   * While no gate runs.
   *
   * @param journals of the hosts
   * @param policy reads the policy files as they are
   * @param read makes a policy of texts
   * @param hostKeys reads the host keys
   */
  static ofDatabase(
    store: Store,
    settings: AdministrationSettings,
    journals: readonly HostJournal[],
    policy: () => Policy | Refusal,
    read: ReadPolicy,
    hostKeys: ReadHostKeys,
  ): Administration {
    const routes = [
      ...commonRoutes(store, settings, null, policy),
      ...explainRoutes({ store, policy, read, observations: NO_OBSERVATIONS, atOnce: () => 0 }),
      ...auditRoutes(store, journals),
      ...hostKeyRoutes(store, hostKeys),
      ...loginRoutes(store, settings, policy, null),
    ];
    return new Administration(routes, false);
  }

  /** Never throws for an admin's mistake, nor for a full disk. */
  async answer(call: Call): Promise<RouteAnswer> {
    try {
      for (const { answer } of this.#routes) {
        const found = answer(call);
        if (found !== undefined) return await found;
      }
    } catch (error) {
      if (error instanceof AuditUnavailableError) {
        return refusal(
          'audit-unavailable',
          `nothing was changed: ${error.message}; make room, or see that it can be written`,
        );
      }
      if (error instanceof StoreError) return refusal('internal', error.message);
      throw error;
    }
    if (!this.#running) return refusal('host-unreachable', NEEDS_THE_GATE);
    return refusal(
      'usage',
      `this gate does not know ${call.method} ${call.path.slice(0, 100)}: it may be of another version`,
    );
  }
}

function commonRoutes(
  store: Store,
  settings: AdministrationSettings,
  gate: RunningGate | null,
  policy: () => Policy | Refusal,
): readonly Route[] {
  return [
    ...customerRoutes(store, settings, gate?.sessions ?? null, policy),
    ...keyRoutes(store, settings, gate?.sessions ?? null, policy),
    ...authorityRoutes(store, settings, gate?.sessions ?? null, policy),
    ...domainRoutes(store, gate?.hosts ?? []),
    ...importRoutes(store, settings, policy),
    ...declarationRoutes(store, settings, gate?.sessions ?? null, policy),
    ...maintenanceRoutes(store.maintenance),
    ...noticeAddressRoutes(store),
    ...restoredRoutes(store),
    ...backupRoutes(store, settings),
    ...recordingRoutes(store, settings),
  ];
}
