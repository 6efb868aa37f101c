import { inPercent, type Cause, type Finding, type FindingCode } from '../../vocabulary/index.ts';

export const finding = (
  code: FindingCode,
  severity: Finding['severity'],
  layer: string | null,
  since: number | null,
  message: string,
  cause: Cause | null = null,
): Finding => ({ code, severity, layer, since, message, cause });

export const percent = (share: number): string => `${inPercent(share, share < 0.1 ? 1 : 0)} %`;
