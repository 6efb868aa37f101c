/**
 * Elementary functions as inline code for four lanes. Every one computes NaN for NaN. Bounds of their errors are tested
 * against float64. Results below 5e-38 may be 0.
 */
import { f32x4, i32x4, v128, type Code, type FunctionWriter } from './encoder.ts';

/** Writes into one function. `fused`: multiplies and adds in one instruction. */
export class ElementaryFunctions {
  readonly #f: FunctionWriter;
  readonly #fused: boolean;

  constructor(f: FunctionWriter, fused: boolean) {
    this.#f = f;
    this.#fused = fused;
  }

  /** a b + c */
  multiplyAdd(a: Code, b: Code, c: Code): Code {
    return this.#fused ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
  }

  /** c - a b */
  subtractProduct(a: Code, b: Code, c: Code): Code {
    return this.#fused ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
  }

  /**
   * e^x = 2^n e^r with n = round(x / ln 2), and e^r by the polynomial of Cephes. Relative error below 2e-7; infinite
   * above 88.73, 0 below -86. 2^n is 2^(n - 1) times 2, because the largest results have no 2^n.
   */
  exp(value: Code): Code {
    const f = this.#f;
    const x = f.let('v128', value);
    const clamped = f.let('v128', f32x4.pmin(f32x4.pmax(x.get, f32x4.const(-86)), f32x4.const(88.8)));
    // Adding 1.5 * 2^23 rounds to a whole number and leaves it in the low bits.
    const shifted = f.let('v128', this.multiplyAdd(clamped.get, f32x4.const(Math.LOG2E), f32x4.const(ROUNDER)));
    const n = f.let('v128', f32x4.sub(shifted.get, f32x4.const(ROUNDER)));
    const high = this.multiplyAdd(n.get, f32x4.const(-LN2_HIGH), clamped.get);
    const r = f.let('v128', this.multiplyAdd(n.get, f32x4.const(-LN2_LOW), high));
    const y = f.let('v128', this.#polynomial(EXP, r.get));
    f.emit(y.set(f32x4.add(this.multiplyAdd(f32x4.mul(r.get, r.get), y.get, r.get), f32x4.const(1))));
    const halfScale = i32x4.shl(i32x4.add(shifted.get, i32x4.const(126)), 23);
    const power = f32x4.mul(f32x4.mul(y.get, halfScale), f32x4.const(2));
    return v128.andNot(power, f32x4.lt(x.get, f32x4.const(-86)));
  }

  /** Relative error below 2e-7, near 1 an absolute one below 1e-7; -Infinity from 0 to 1.2e-38, NaN below 0. */
  log(value: Code): Code {
    const f = this.#f;
    const x = f.let('v128', value);
    const ordinary = f.let('v128', this.#logOfNormal(x.get));
    const upper = v128.select(x.get, ordinary.get, f32x4.eq(x.get, f32x4.const(Infinity)));
    const lower = v128.select(f32x4.const(-Infinity), upper, f32x4.lt(x.get, f32x4.const(LEAST_NORMAL)));
    return v128.select(lower, f32x4.const(NaN), f32x4.ge(x.get, f32x4.const(0)));
  }

  /** Absolute error below 3e-7; a rational function on [-9, 9], as in Eigen. */
  tanh(value: Code): Code {
    const f = this.#f;
    const x = f.let('v128', f32x4.pmin(f32x4.pmax(value, f32x4.const(-9)), f32x4.const(9)));
    const square = f.let('v128', f32x4.mul(x.get, x.get));
    const numerator = f32x4.mul(x.get, this.#polynomial(TANH.numerator, square.get));
    const quotient = f32x4.div(numerator, this.#polynomial(TANH.denominator, square.get));
    return f32x4.pmin(f32x4.pmax(quotient, f32x4.const(-1)), f32x4.const(1));
  }

  /** 1 / (1 + e^-x). Relative error below 4e-7. */
  sigmoid(value: Code): Code {
    return f32x4.div(f32x4.const(1), f32x4.add(this.exp(f32x4.neg(value)), f32x4.const(1)));
  }

  /** log(1 + e^x) = max(x, 0) + log(1 + e^-|x|). Relative error below 4e-7. */
  softplus(value: Code): Code {
    const f = this.#f;
    const x = f.let('v128', value);
    const power = f.let('v128', this.exp(f32x4.neg(f32x4.abs(x.get))));
    const sum = f.let('v128', f32x4.add(power.get, f32x4.const(1)));
    // What the sum lost in rounding, to first order: most of the result where e^-|x| is small.
    const lost = f32x4.sub(power.get, f32x4.sub(sum.get, f32x4.const(1)));
    const logarithm = f32x4.add(this.#logOfNormal(sum.get), f32x4.div(lost, sum.get));
    return f32x4.add(f32x4.pmax(x.get, f32x4.const(0)), logarithm);
  }

  /** Absolute error below 6e-7; a rational function on [-4, 4], as in Eigen. */
  erf(value: Code): Code {
    const f = this.#f;
    const x = f.let('v128', f32x4.pmin(f32x4.pmax(value, f32x4.const(-4)), f32x4.const(4)));
    const square = f.let('v128', f32x4.mul(x.get, x.get));
    const numerator = f32x4.mul(x.get, this.#polynomial(ERF.numerator, square.get));
    const quotient = f32x4.div(numerator, this.#polynomial(ERF.denominator, square.get));
    return f32x4.pmin(f32x4.pmax(quotient, f32x4.const(-1)), f32x4.const(1));
  }

  /** For normal x: x = 2^e m with m in [sqrt 1/2, sqrt 2), and log m by the polynomial of Cephes. */
  #logOfNormal(value: Code): Code {
    const f = this.#f;
    const x = f.let('v128', value);
    const e = f.let('v128', i32x4.shrS(i32x4.sub(x.get, i32x4.const(BITS_OF_ROOT_HALF)), 23));
    const a = f.let('v128', f32x4.sub(i32x4.sub(x.get, i32x4.shl(e.get, 23)), f32x4.const(1)));
    f.emit(e.set(f32x4.convertI32x4(e.get)));
    const square = f.let('v128', f32x4.mul(a.get, a.get));
    const cubic = f32x4.mul(f32x4.mul(this.#polynomial(LOG, a.get), square.get), a.get);
    const correction = f32x4.sub(f32x4.mul(e.get, f32x4.const(LN2_LOW)), f32x4.mul(square.get, f32x4.const(0.5)));
    const small = f32x4.add(a.get, f32x4.add(cubic, correction));
    return this.multiplyAdd(e.get, f32x4.const(LN2_HIGH), small);
  }

  /** Coefficients from the highest power down. `x` is read once for each of them. */
  #polynomial([first = 0, ...rest]: readonly number[], x: Code): Code {
    return rest.reduce<Code>(
      (sum, coefficient) => this.multiplyAdd(sum, x, f32x4.const(coefficient)),
      f32x4.const(first),
    );
  }
}

const ROUNDER = 12_582_912;
/** ln 2 in two parts, the first with few bits, so that its product with a small whole number is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.1219444e-4;
const LEAST_NORMAL = 2 ** -126;
const BITS_OF_ROOT_HALF = 0x3f3504f3;

/** (e^r - 1 - r) / r^2 and (log(1 + a) - a + a^2 / 2) / a^3: Cephes, single precision. */
const EXP = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1];
const LOG = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];
/** In powers of x^2; the numerators times x. */
const TANH = {
  numerator: [
    -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
    6.37261928875436e-4, 4.89352455891786e-3,
  ],
  denominator: [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3],
};
const ERF = {
  numerator: [
    -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
    -2.95459980854025e-3, -1.60960333262415e-2,
  ],
  denominator: [
    -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2,
  ],
};
