import { imageTooLarge } from '../../../menus/operation-words.js';
import type { MenuDomain } from '../../../menus/menu-domain.js';
import type { ImageName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import { imageBytes } from '../../wire/image-size.js';
import type { FoundDomain } from '../hosts/hosts.js';
import * as words from '../text/words.js';

const MIB = 1024 * 1024;

/** What the menu shows of reinstalling a domain. @param allowed why the customer may not have an image */
export function reinstallFacts(
  { host, view }: FoundDomain,
  allowed: ReadonlyMap<ImageName, Refusal | null>,
): Pick<MenuDomain, 'images' | 'firstDisk' | 'incomplete'> {
  const { images = [], firstDisk, incompleteDisk } = view;
  const offers = images.map((name) => {
    const offer = host.contract?.images?.find((image) => image.name === name);
    const needed = offer === undefined ? null : imageBytes(offer);
    const refused = allowed.get(name)?.message ?? imageTooLarge(needed, firstDisk);
    return {
      name,
      title: offer?.title ?? name,
      minimumMiB: needed === null ? null : Math.ceil(needed / MIB),
      keys: words.seedKeys(offer?.seed),
      refused,
    };
  });
  return {
    ...(offers.length === 0 ? {} : { images: offers }),
    ...(firstDisk === undefined ? {} : { firstDisk }),
    ...(incompleteDisk === undefined ? {} : { incomplete: incompleteDisk.image }),
  };
}
