import { toast } from './toast.tsx';

/** Copies, and says so; browsers allow it only over https and on this machine. */
export async function copy(text: string, done: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(done);
  } catch {
    toast('The browser blocked copying. Select the text and copy it by hand.');
  }
}
