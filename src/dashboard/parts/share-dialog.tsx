import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { CreatedShareLink, ShareKind } from '../../vocabulary/index.ts';
import { service } from '../data/service.ts';
import { inDays, LifetimeField } from './lifetime-field.tsx';
import { CopyLine } from './secret.tsx';
import { ShareLinkTable } from './share-link-table.tsx';
import { Fault } from './states.tsx';
import { FaultLine } from './text-field.tsx';
import { useAction } from './use-action.ts';
import { useLoaded } from './use-loaded.ts';
import '../styles/team.css';

const KIND_LABELS: Record<ShareKind, string> = {
  run: 'this run',
  comparison: 'this comparison',
  trials: 'this run with its trials',
};

interface Props {
  kinds: readonly ShareKind[];
  runs: readonly string[];
  close: () => void;
}

/** Links with which anybody reads what the page shows, live, without signing in. */
export function ShareDialog({ kinds, runs, close }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const kind = useSignal<ShareKind>(kinds[0] ?? 'run');
  const days = useSignal('30');
  const made = useSignal<CreatedShareLink | null>(null);
  const { isBusy, fault, run } = useAction();
  const links = useLoaded(() => service.shareLinks.list({ run: runs[0] ?? '' }), [runs.join()]);
  const submit = async (event: Event) => {
    event.preventDefault();
    await run(async () => {
      made.value = await service.shareLinks.create({
        kind: kind.value,
        runs: [...runs],
        expiresAt: inDays(days.value),
      });
      await links.reload();
    });
  };
  return (
    <dialog ref={dialog} class="share-dialog" aria-labelledby="share-title" onClose={close}>
      <h2 id="share-title">Share by link</h2>
      <p>Whoever has the link sees it live and reads it, without signing in. Comments are not shown.</p>
      <form class="form-row" onSubmit={(event) => void submit(event)}>
        {kinds.length > 1 && (
          <label class="field">
            <span class="label">Show</span>
            <select
              class="input"
              value={kind.value}
              onChange={(event) => (kind.value = event.currentTarget.value as ShareKind)}
            >
              {kinds.map((one) => (
                <option key={one} value={one}>
                  {KIND_LABELS[one]}
                </option>
              ))}
            </select>
          </label>
        )}
        <LifetimeField days={days} />
        <button class="button primary" disabled={isBusy.value}>
          Make link
        </button>
      </form>
      <FaultLine of={fault} />
      {made.value && <Made link={made.value} />}
      <h3>Links to this</h3>
      {links.fault.value !== null && <Fault of={links.fault.value} />}
      {links.value.value && <ShareLinkTable links={links.value.value} reload={links.reload} />}
      <div class="row">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}

/** The link, and the code that puts a panel of it into a wiki or a notebook. */
function Made({ link: { url, token } }: { link: CreatedShareLink }) {
  const embed = `<iframe src="${new URL(`/embed/${token}`, url).href}" width="720" height="420" title="Relumine" loading="lazy"></iframe>`;
  return (
    <div class="notice ember secret" role="status">
      <b>The link.</b> Copy it now: it is not shown again.
      <CopyLine text={url} name="link" />
      For a wiki or a notebook:
      <CopyLine text={embed} name="code" />
    </div>
  );
}
