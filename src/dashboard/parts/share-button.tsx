import { useSignal } from '@preact/signals';
import type { ShareKind } from '../../vocabulary/index.ts';
import { isTeam } from '../data/me.ts';
import { Icon } from './icons.tsx';
import { lazily } from './lazily.tsx';

const ShareDialog = lazily(() => import('./share-dialog.tsx').then((file) => file.ShareDialog));

interface Props {
  kinds: readonly ShareKind[];
  runs: readonly string[];
}

/** Opens the links to what the page shows. Where nobody is registered, its address is such a link already. */
export function ShareButton({ kinds, runs }: Props) {
  const isOpen = useSignal(false);
  if (!isTeam.value) return null;
  const open = async () => {
    await ShareDialog.fetch();
    isOpen.value = true;
  };
  return (
    <>
      <button type="button" class="button" onClick={() => void open()}>
        <Icon name="share" />
        Share
      </button>
      {isOpen.value && <ShareDialog kinds={kinds} runs={runs} close={() => (isOpen.value = false)} />}
    </>
  );
}
