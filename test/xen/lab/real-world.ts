import type { World } from '../../acceptance/world.js';
import { lab, renewLab } from './hooks.js';
import type { XenRelease } from './release.js';

/**
 * A world for the cases of one file: the lab as it was right after installing, with an empty gate.
 *
 * @param release by default the one that POSTERN_XEN_RELEASE names
 */
export function realWorld(release?: XenRelease): () => World {
  before(() => renewLab(release));
  return lab;
}
