import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { NoticeAddress } from '../../store/notice-addresses.js';
import { noticeLines } from '../customer/own-notices.js';
import type { OwnNotices } from '../customer/own-notices.js';
import type { Identity } from '../session/identity.js';
import type { Command, NotifyRequest } from './command.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';

/** `notify`: says or changes where the customer is told what happens. */
export function notify(
  notices: OwnNotices,
  identity: Identity,
  { what, json }: Extract<Command, { command: 'notify' }>,
  output: ExecOutput,
): number | Refusal {
  const state = noticesAfter(notices, identity, what);
  if (isRefusal(state)) return state;
  if (json) output.json(state);
  else output.lines(noticeLines(state));
  if (what.ask === 'test' && !json) output.line('A test is on its way there.');
  return EXIT.done;
}

function noticesAfter(notices: OwnNotices, identity: Identity, what: NotifyRequest): NoticeAddress | Refusal {
  switch (what.ask) {
    case 'show':
      return notices.show(identity);
    case 'address':
      return notices.ask(identity, what.text);
    case 'confirm':
      return notices.confirm(identity, what.text);
    case 'on':
    case 'off':
      return notices.switch(identity, what.ask === 'on');
    case 'test':
      return notices.test(identity);
    case 'forget':
      return notices.forget(identity);
  }
}
