/** What first weights are like, from their initializer alone. */
import type { Initializer } from '../../vocabulary/index.ts';

/** The mean of an initializer's values. */
export function meanOf(initializer: Initializer): number {
  switch (initializer.type) {
    case 'constant':
      return initializer.value;
    case 'ones':
      return 1;
    case 'randomNormal':
      return initializer.mean;
    case 'randomUniform':
      return (initializer.minval + initializer.maxval) / 2;
    case 'heNormal':
    case 'heUniform':
    case 'glorotNormal':
    case 'glorotUniform':
    case 'lecunNormal':
    case 'lecunUniform':
    case 'orthogonal':
    case 'randomizedAsymmetric':
    case 'zeros':
      return 0;
  }
}

/** A gain outside of these makes signals vanish or explode in a stack of layers. */
const USUAL_GAIN = { least: 0.5, most: 2 };

/** Whether an initializer keeps the size of the signal from layer to layer, by its inputs and outputs. */
export function keepsSize(initializer: Initializer): boolean {
  switch (initializer.type) {
    case 'heNormal':
    case 'heUniform':
    case 'glorotNormal':
    case 'glorotUniform':
    case 'lecunNormal':
    case 'lecunUniform':
    case 'randomizedAsymmetric':
      return true;
    case 'orthogonal':
      return initializer.gain >= USUAL_GAIN.least && initializer.gain <= USUAL_GAIN.most;
    case 'randomNormal':
    case 'randomUniform':
    case 'constant':
    case 'zeros':
    case 'ones':
      return false;
  }
}
