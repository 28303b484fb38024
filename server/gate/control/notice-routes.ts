import type { Store } from '../../store/store.js';
import { isRefusal, refusal } from '../../../policy/refusal.js';
import { channelName, customer, number, optional } from './argument.js';
import type { SentNotices } from './control-ports.js';
import { route } from './route.js';
import type { Route } from './route.js';

const LARGEST_PAGE = 1_000;

/** Routes for what the gate tells whom. */
export function noticeRoutes(notices: SentNotices): readonly Route[] {
  return [
    route('GET', '/notices', { limit: optional(number) }, ({ limit }) =>
      notices.status(Math.min(limit ?? 20, LARGEST_PAGE)),
    ),
    route('POST', '/notices/test', { channel: channelName }, async ({ channel }) => {
      const no = await notices.test(channel);
      return isRefusal(no) ? no : { channel };
    }),
  ];
}

/** The route that forgets where a customer is told; it needs no running gate. */
export function noticeAddressRoutes({ noticeAddresses }: Store): readonly Route[] {
  return [
    route('DELETE', '/notices/addresses/:customer', { customer }, (given, { actor }) => {
      const forgotten = noticeAddresses.forget(given.customer, actor);
      if (!isRefusal(forgotten)) return { customer: given.customer };
      // The store's sentence tells a customer what to type.
      return forgotten.code === 'wrong-state'
        ? refusal('wrong-state', `${given.customer} has no address for notices`)
        : forgotten;
    }),
  ];
}
