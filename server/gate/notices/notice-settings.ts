import type { NoticeKind } from '../../../policy/notice-kinds.js';
import { CUSTOMER_CHANNELS } from '../../store/notice-addresses.js';
import { CommandChannel } from './command-channel.js';
import { MailChannel } from './mail-channel.js';
import type { MailSettings } from './mail-channel.js';
import type { NoticeChannel } from './notice-channel.js';
import { WebhookChannel } from './webhook-channel.js';

/** `notices:` of gate.yaml. */
export interface NoticeSettings {
  /** Whether customers may have notices. */
  readonly customers: boolean;
  readonly channels: readonly ChannelSettings[];
  readonly mail: {
    readonly sendmail: MailSettings['sendmail'];
    /** Null: no mail is sent. */
    readonly from: string | null;
    /** The most messages to one receiver in an hour. */
    readonly perHour: number;
  };
}

/** A channel of the admin's. */
export interface ChannelSettings {
  readonly name: string;
  readonly kinds: readonly NoticeKind[];
  readonly way:
    | { readonly way: 'command'; readonly command: readonly [file: string, ...args: string[]] }
    | { readonly way: 'webhook'; readonly url: string; readonly secretFile: string }
    | { readonly way: 'mail'; readonly to: readonly string[] };
}

/** A mail has room for so many notices: the rest is counted. */
const MOST_OF_MAIL = 10_000;

const FOOTER = ['The administrators of this service have set up this address for notices.'];

/** The channels of the settings, ready to send. */
export function siteChannels(
  site: string,
  { channels, mail }: NoticeSettings,
  clock: () => Date,
): readonly { readonly channel: NoticeChannel; readonly kinds: readonly NoticeKind[] }[] {
  const made = ({ name, way }: ChannelSettings): NoticeChannel => {
    switch (way.way) {
      case 'command':
        return new CommandChannel(name, site, way.command);
      case 'webhook':
        return new WebhookChannel(name, site, way, clock);
      case 'mail': {
        const { sendmail, perHour } = mail;
        const parts = { name, site, to: way.to, perHour, most: MOST_OF_MAIL, footer: FOOTER };
        return new MailChannel({ ...parts, mail: { sendmail, from: mail.from ?? '' } });
      }
    }
  };
  return channels.map((settings) => ({ channel: made(settings), kinds: settings.kinds }));
}

/** The channels to customers; null: they are told nothing. */
export function customerChannels(
  site: string,
  { customers, mail }: NoticeSettings,
): { readonly notices: NoticeChannel; readonly codes: NoticeChannel } | null {
  const { sendmail, from, perHour } = mail;
  if (!customers || from === null) return null;
  const parts = { site, mail: { sendmail, from }, to: null, most: MOST_OF_MAIL };
  return {
    notices: new MailChannel({
      ...parts,
      name: CUSTOMER_CHANNELS.notices,
      perHour,
      footer: [
        `You have set up notices of ${site} for this address.`,
        'To end them: `notify off`, behind your ssh command; or choose Notices in the menu.',
      ],
    }),
    codes: new MailChannel({
      ...parts,
      name: CUSTOMER_CHANNELS.codes,
      perHour: null,
      footer: [`This is an automatic mail of ${site}.`],
    }),
  };
}
