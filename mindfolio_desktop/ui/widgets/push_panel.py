"""The settings of push messages: an address that is never shown again, a test, and what came of it."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from mindfolio_desktop.ui import theme
from mindfolio_desktop.ui.outside import Outside
from mindfolio_desktop.ui.widgets.button import Button
from mindfolio_desktop.ui.widgets.panel import Panel
from mindfolio_desktop.ui.widgets.text import Text

_ABOUT = (
    "Urgent alerts (a stop, a halt, a paused module, a trade that needs you) can be sent to your phone or mail by a "
    "service that apprise knows, at most one message in ten seconds. The texts name mindfolio, module and symbols."
)
_KEPT_HOW = (
    "The address holds a password of that service. It is kept in a file that only you can read, and not shown again."
)
_SENDING = "Sending\N{HORIZONTAL ELLIPSIS}"


class PushPanel(Panel):
    """Field and button while there is no address; test and removal once there is; a sentence where none can be sent."""

    def __init__(self, outside: Outside) -> None:
        super().__init__("Alerts on your phone", "push_panel")
        self._outside = outside
        self._address = QLineEdit()
        self._address.setObjectName("push_address")
        self._address.setAccessibleName("Address of a push service, as apprise writes it")
        self._address.setPlaceholderText("ntfys://your-topic, tgram:// or mailtos:// as apprise has them")
        self._address.setEchoMode(QLineEdit.EchoMode.Password)
        self._keep = Button("Keep", "push_keep", "primary")
        self._where = Text("", name="push_where")
        self._test = Button("Send a test message", "push_test")
        self._remove = Button("Remove", "push_remove")
        self._said = Text("", "muted", wraps=True, name="push_said")
        self._lack = Text(outside.post.lack, "muted", wraps=True, name="push_lack")
        across = QHBoxLayout()
        across.setSpacing(theme.SPACE)
        across.addWidget(self._address, 1)
        across.addWidget(self._keep)
        across.addWidget(self._where, 1)
        across.addWidget(self._test)
        across.addWidget(self._remove)
        self.body.addWidget(Text(_ABOUT, "muted", 12, wraps=True))
        self.body.addLayout(across)
        for text in (self._lack, self._said, Text(_KEPT_HOW, "muted", 12, wraps=True)):
            self.body.addWidget(text)
        self._address.returnPressed.connect(self._on_keep)
        self._address.textChanged.connect(self._show)
        self._keep.clicked.connect(self._on_keep)
        self._test.clicked.connect(self._on_test)
        self._remove.clicked.connect(self._on_remove)
        outside.sent.connect(self._on_sent)
        self._said.hide()
        self._show()

    @Slot()
    def _on_keep(self) -> None:
        why = self._outside.post.keep(self._address.text().strip())
        if not why:
            self._address.clear()
        self._say(why, is_trouble=bool(why))
        self._show()
        if not why:
            self._test.setFocus()

    @Slot()
    def _on_test(self) -> None:
        self._say(_SENDING)
        self._outside.test()

    @Slot()
    def _on_remove(self) -> None:
        why = self._outside.post.remove()
        self._say(why or "No messages are sent any more, and the address is deleted.", is_trouble=bool(why))
        self._show()
        self._address.setFocus()

    @Slot(str)
    def _on_sent(self, why: str) -> None:
        self._say(f"Not sent. {why}" if why else "Sent.", is_trouble=bool(why))

    @Slot()
    def _show(self) -> None:
        post = self._outside.post
        can_send, is_kept = not post.lack, bool(post.scheme)
        self._lack.setVisible(not can_send)
        self._address.setVisible(can_send and not is_kept)
        self._keep.setVisible(can_send and not is_kept)
        self._keep.setEnabled(bool(self._address.text().strip()))
        self._where.show_text(f"Sent by {post.scheme}://\N{HORIZONTAL ELLIPSIS}")
        self._where.setVisible(is_kept)
        self._test.setVisible(can_send and is_kept)
        self._remove.setVisible(is_kept)

    def _say(self, words: str, *, is_trouble: bool = False) -> None:
        self._said.show_or_hide(words, "warning" if is_trouble else "muted")
