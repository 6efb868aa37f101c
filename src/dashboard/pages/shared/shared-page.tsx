import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { isRefusal } from '../../data/again.ts';
import { service, whenRefused } from '../../data/service.ts';
import { Empty, Fault } from '../../parts/states.tsx';
import { useLoaded } from '../../parts/use-loaded.ts';
import { ComparePage, RunPage } from '../../pages.ts';
import { lazily } from '../../parts/lazily.tsx';
import './shared.css';

const EmbeddedPanel = lazily(() => import('./embedded-panel.tsx').then((file) => file.EmbeddedPanel));

/** What a share link shows: the same pages, live, without what changes anything. */
export function SharedPage({ isEmbedded = false }: { isEmbedded?: boolean }) {
  const { value, fault } = useLoaded(() => service.shareLinks.current());
  const isOver = useSignal(false);
  useEffect(() => {
    document.title = 'Shared · Relumine';
    // It was revoked, or has expired, while it was shown.
    whenRefused(() => {
      isOver.value = true;
    });
  }, []);
  const shown = value.value;
  if (isOver.value || isRefusal(fault.value))
    return (
      <div class="page">
        <Empty title="This link shows nothing any more">
          <p>It has expired or was revoked. Ask whoever sent it for another one.</p>
        </Empty>
      </div>
    );
  if (!shown) return fault.value === null ? <div class="page" /> : <Fault of={fault.value} />;
  if (isEmbedded) return <EmbeddedPanel runs={shown.runs} />;
  return (
    <>
      <p class="shared-note">Shared with you to read.</p>
      {shown.kind === 'comparison' ? <ComparePage shared={shown.runs} /> : <RunPage id={shown.runs[0] ?? ''} />}
    </>
  );
}
