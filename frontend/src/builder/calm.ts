// The form's own page inside the builder's preview: it takes no focus from whoever writes the form beside it, and its
// steps are none in the history of the tab, where Back leads away from the builder.
const { focus } = HTMLElement.prototype;
HTMLElement.prototype.focus = function (options) {
  if (document.hasFocus()) focus.call(this, options);
};
if (parent !== self) history.pushState = ({ step }: { step: number }) => history.replaceState({ step }, "");
export {};
