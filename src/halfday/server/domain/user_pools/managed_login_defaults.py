"""The settings of a managed login style, with the values that they have where a style does not name them.

The document is AWS's own example of all settings (API reference, CreateManagedLoginBranding, Examples); that its values
are the defaults is [inferred] from styles that were read back merged. Colours are RGBA, of light and of dark mode.
"""

from __future__ import annotations

from typing import Any

_COLOURS = """
componentClasses.divider.?.borderColor                          ebebf0ff 232b37ff
componentClasses.dropDown.?.defaults.itemBackgroundColor        ffffffff 192534ff
componentClasses.dropDown.?.hover.itemBackgroundColor           f4f4f4ff 081120ff
componentClasses.dropDown.?.hover.itemBorderColor               7d8998ff 5f6b7aff
componentClasses.dropDown.?.hover.itemTextColor                 000716ff e9ebedff
componentClasses.dropDown.?.match.itemBackgroundColor           414d5cff d1d5dbff
componentClasses.dropDown.?.match.itemTextColor                 0972d3ff 89bdeeff
componentClasses.focusState.?.borderColor                       0972d3ff 539fe5ff
componentClasses.input.?.defaults.backgroundColor               ffffffff 0f1b2aff
componentClasses.input.?.defaults.borderColor                   7d8998ff 5f6b7aff
componentClasses.input.?.placeholderColor                       5f6b7aff 8d99a8ff
componentClasses.inputDescription.?.textColor                   5f6b7aff 8d99a8ff
componentClasses.inputLabel.?.textColor                         000716ff d1d5dbff
componentClasses.link.?.defaults.textColor                      0972d3ff 539fe5ff
componentClasses.link.?.hover.textColor                         033160ff 89bdeeff
componentClasses.optionControls.?.defaults.backgroundColor      ffffffff 0f1b2aff
componentClasses.optionControls.?.defaults.borderColor          7d8998ff 7d8998ff
componentClasses.optionControls.?.selected.backgroundColor      0972d3ff 539fe5ff
componentClasses.optionControls.?.selected.foregroundColor      ffffffff 000716ff
componentClasses.statusIndicator.?.error.backgroundColor        fff7f7ff 1a0000ff
componentClasses.statusIndicator.?.error.borderColor            d91515ff eb6f6fff
componentClasses.statusIndicator.?.error.indicatorColor         d91515ff eb6f6fff
componentClasses.statusIndicator.?.pending.indicatorColor       AAAAAAAA AAAAAAAA
componentClasses.statusIndicator.?.success.backgroundColor      f2fcf3ff 001a02ff
componentClasses.statusIndicator.?.success.borderColor          037f0cff 29ad32ff
componentClasses.statusIndicator.?.success.indicatorColor       037f0cff 29ad32ff
componentClasses.statusIndicator.?.warning.backgroundColor      fffce9ff 1d1906ff
componentClasses.statusIndicator.?.warning.borderColor          8d6605ff e0ca57ff
componentClasses.statusIndicator.?.warning.indicatorColor       8d6605ff e0ca57ff
components.alert.?.error.backgroundColor                        fff7f7ff 1a0000ff
components.alert.?.error.borderColor                            d91515ff eb6f6fff
components.form.?.backgroundColor                               ffffffff 0f1b2aff
components.form.?.borderColor                                   c6c6cdff 424650ff
components.idpButton.standard.?.active.backgroundColor          d3e7f9ff 354150ff
components.idpButton.standard.?.active.borderColor              033160ff 89bdeeff
components.idpButton.standard.?.active.textColor                033160ff 89bdeeff
components.idpButton.standard.?.defaults.backgroundColor        ffffffff 0f1b2aff
components.idpButton.standard.?.defaults.borderColor            424650ff c6c6cdff
components.idpButton.standard.?.defaults.textColor              424650ff c6c6cdff
components.idpButton.standard.?.hover.backgroundColor           f2f8fdff 192534ff
components.idpButton.standard.?.hover.borderColor               033160ff 89bdeeff
components.idpButton.standard.?.hover.textColor                 033160ff 89bdeeff
components.pageBackground.?.color                               ffffffff 0f1b2aff
components.pageFooter.?.background.color                        fafafaff 0f141aff
components.pageFooter.?.borderColor                             d5dbdbff 424650ff
components.pageHeader.?.background.color                        fafafaff 0f141aff
components.pageHeader.?.borderColor                             d5dbdbff 424650ff
components.pageText.?.bodyColor                                 414d5cff b6bec9ff
components.pageText.?.descriptionColor                          414d5cff b6bec9ff
components.pageText.?.headingColor                              000716ff d1d5dbff
components.primaryButton.?.active.backgroundColor               033160ff 539fe5ff
components.primaryButton.?.active.textColor                     ffffffff 000716ff
components.primaryButton.?.defaults.backgroundColor             0972d3ff 539fe5ff
components.primaryButton.?.defaults.textColor                   ffffffff 000716ff
components.primaryButton.?.disabled.backgroundColor             ffffffff ffffffff
components.primaryButton.?.disabled.borderColor                 ffffffff ffffffff
components.primaryButton.?.hover.backgroundColor                033160ff 89bdeeff
components.primaryButton.?.hover.textColor                      ffffffff 000716ff
components.secondaryButton.?.active.backgroundColor             d3e7f9ff 354150ff
components.secondaryButton.?.active.borderColor                 033160ff 89bdeeff
components.secondaryButton.?.active.textColor                   033160ff 89bdeeff
components.secondaryButton.?.defaults.backgroundColor           ffffffff 0f1b2aff
components.secondaryButton.?.defaults.borderColor               0972d3ff 539fe5ff
components.secondaryButton.?.defaults.textColor                 0972d3ff 539fe5ff
components.secondaryButton.?.hover.backgroundColor              f2f8fdff 192534ff
components.secondaryButton.?.hover.borderColor                  033160ff 89bdeeff
components.secondaryButton.?.hover.textColor                    033160ff 89bdeeff
"""

_OTHERS: dict[str, Any] = {
    "categories.auth.authMethodOrder": [
        [{"display": "BUTTON", "type": "FEDERATED"}, {"display": "INPUT", "type": "USERNAME_PASSWORD"}]
    ],
    "categories.auth.federation.interfaceStyle": "BUTTON_LIST",
    "categories.auth.federation.order": [],
    "categories.form.displayGraphics": True,
    "categories.form.instructions.enabled": False,
    "categories.form.languageSelector.enabled": False,
    "categories.form.location.horizontal": "CENTER",
    "categories.form.location.vertical": "CENTER",
    "categories.form.sessionTimerDisplay": "NONE",
    "categories.global.colorSchemeMode": "LIGHT",
    "categories.global.pageFooter.enabled": False,
    "categories.global.pageHeader.enabled": False,
    "categories.global.spacingDensity": "REGULAR",
    "categories.signUp.acceptanceElements": [{"enforcement": "NONE", "textKey": "en"}],
    "componentClasses.buttons.borderRadius": 8.0,
    "componentClasses.dropDown.borderRadius": 8.0,
    "componentClasses.idpButtons.icons.enabled": True,
    "componentClasses.input.borderRadius": 8.0,
    "components.alert.borderRadius": 12.0,
    "components.favicon.enabledTypes": ["ICO", "SVG"],
    "components.form.backgroundImage.enabled": False,
    "components.form.borderRadius": 8.0,
    "components.form.logo.enabled": False,
    "components.form.logo.formInclusion": "IN",
    "components.form.logo.location": "CENTER",
    "components.form.logo.position": "TOP",
    "components.idpButton.custom": {},
    "components.pageBackground.image.enabled": True,
    "components.pageFooter.backgroundImage.enabled": False,
    "components.pageFooter.logo.enabled": False,
    "components.pageFooter.logo.location": "START",
    "components.pageHeader.backgroundImage.enabled": False,
    "components.pageHeader.logo.enabled": False,
    "components.pageHeader.logo.location": "START",
    "components.phoneNumberSelector.displayType": "TEXT",
}


def _document() -> dict[str, Any]:
    document: dict[str, Any] = {}
    for path, light, dark in (row.split() for row in _COLOURS.strip().splitlines()):
        _put(document, path.replace("?", "lightMode"), light)
        _put(document, path.replace("?", "darkMode"), dark)
    for path, value in _OTHERS.items():
        _put(document, path, value)
    return document


def _put(document: dict[str, Any], path: str, value: Any) -> None:
    *folders, name = path.split(".")
    for folder in folders:
        document = document.setdefault(folder, {})
    document[name] = value


DEFAULTS: dict[str, Any] = _document()
"""Nobody may change it: `managed_login.merged` makes another."""
