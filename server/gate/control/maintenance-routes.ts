import { refusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { Maintenance } from '../../store/maintenance.js';
import { flag, optional, sentence, time } from './argument.js';
import type { MaintenanceStatus } from './status-answers.js';
import { route } from './route.js';
import type { Route } from './route.js';

/**
 * Maintenance, with a running gate and without. A gate hears of it from the audit log, and ends those who are
 * at a console that is closed.
 */
export function maintenanceRoutes(maintenance: Maintenance): readonly Route[] {
  const status = (): MaintenanceStatus => ({ maintenance: maintenance.get() });
  return [
    route('GET', '/maintenance', {}, status),

    route(
      'PUT',
      '/maintenance',
      { sentence, until: optional(time), closeConsoles: flag },
      ({ sentence: text, until, closeConsoles }, { actor }): MaintenanceStatus | Refusal => {
        if (until !== null && Date.parse(until) <= Date.now())
          return refusal('usage', `${until} is over already`);
        const row = { sentence: text, consolesClosed: closeConsoles, until };
        return { maintenance: maintenance.begin(row, actor) };
      },
    ),

    route('DELETE', '/maintenance', {}, (_given, { actor }) => {
      maintenance.end(actor);
      return status();
    }),
  ];
}
