import { render } from 'preact';
import { Page } from './page.tsx';
import { begin } from './sources/ways-in.tsx';

const room = document.querySelector('#page');
if (room !== null) {
  begin();
  render(<Page />, room);
}
