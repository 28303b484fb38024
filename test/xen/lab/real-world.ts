import type { World } from '../../acceptance/world.js';
import { lab } from './hooks.js';

/** A world for the cases of one file: the lab as it was right after installing, with an empty gate. */
export function realWorld(): () => World {
  before(() => lab().renew());
  return lab;
}
