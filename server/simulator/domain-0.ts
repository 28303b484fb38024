import type { prettyJson } from './config/domain-config.js';

/** MiB. */
export const DOMAIN_0_MEMORY = 1024;

/** Domain-0's entry of `xl list -l`. */
export function longEntryOfDomain0(): Parameters<typeof prettyJson>[0] {
  const memory = DOMAIN_0_MEMORY * 1024;
  return {
    domid: 0,
    config: {
      c_info: { type: 'pv', name: 'Domain-0' },
      b_info: {
        max_memkb: memory,
        target_memkb: memory - 1,
        sched_params: { sched: 'credit2', weight: 256, cap: 0 },
        'type.pv': {},
        arch_arm: {},
        arch_x86: {},
      },
    },
  };
}
