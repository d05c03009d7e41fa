"""The tabs, in the order they stand. To add one: write the file, add its line."""

from studio.ui.tabs import gallery, inpaint, steps, stylise, text_to_image
from studio.ui.tabs.tab import Tab

TABS: tuple[Tab, ...] = (text_to_image.TAB, stylise.TAB, inpaint.TAB, steps.TAB, gallery.TAB)
