/** An image of a data set, drawn from its numbers. */
import { useEffect, useRef } from 'preact/hooks';

/** [height, width] or [height, width, channels], with 1 channel for grey and 3 for red, green and blue. */
export interface PictureShape {
  height: number;
  width: number;
  channels: 1 | 3;
}

/** The shape as that of a picture; null if it is none. A column of numbers is a picture from 4 x 4 on. */
export function pictureShape(shape: readonly number[] | undefined): PictureShape | null {
  if (!shape || shape.length < 2 || shape.length > 3) return null;
  const [height = 0, width = 0, channels = 1] = shape;
  return height >= 4 && width >= 4 && (channels === 1 || channels === 3) ? { height, width, channels } : null;
}

interface Props {
  values: readonly (number | null)[];
  shape: PictureShape;
  /** The values that are drawn black and white. */
  range: readonly [black: number, white: number];
  label: string;
}

export function Picture({ values, shape: { height, width, channels }, range: [black, white], label }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    const scale = white > black ? 255 / (white - black) : 0;
    for (let pixel = 0; pixel < width * height; pixel++) {
      for (let colour = 0; colour < 3; colour++) {
        const value = values[pixel * channels + (channels === 3 ? colour : 0)] ?? black;
        image.data[pixel * 4 + colour] = (value - black) * scale;
      }
      image.data[pixel * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }, [values, width, height, channels, black, white]);
  return <canvas ref={canvas} class="picture" width={width} height={height} role="img" aria-label={label} />;
}
