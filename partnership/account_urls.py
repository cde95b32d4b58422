"""Addresses of sign-in and of a person's own access: of allauth's only those in use, and its rules behind ours.

Nobody signs up, manages addresses or signs in through another service, so those addresses do not exist.
"""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path, reverse_lazy
from django.views.decorators.http import require_http_methods

from partnership import account_views as own
from partnership.account_views import shown_again, shown_in_this_session

MY_ACCESS = reverse_lazy("mfa_index")

urlpatterns = [
    # For anyone.
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("passkeys/login/", own.PasskeySignIn.as_view(), name="mfa_login_webauthn"),
    # After the password, before the session is anyone's.
    path("second-factor/show/", own.show_second_factor, name="mfa_authenticate"),
    # For whoever is signed in: to show the password or the second factor again, or to set the first one up.
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("second-factor/again/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("passkeys/again/", own.PasskeyAgain.as_view(), name="mfa_reauthenticate_webauthn"),
    path("second-factor/", own.SecondFactor.as_view(), name="account_second_factor"),
    # The person's own access; what protects it asks for the second factor again.
    path("", shown_in_this_session(own.my_access), name="mfa_index"),
    path("password/change/", shown_in_this_session(account.password_change), name="account_change_password"),
    path("password/set/", shown_again(account.password_set), name="account_set_password"),
    path("second-factor/app/", shown_again(own.SetUpApp.as_view()), name="mfa_activate_totp"),
    path("second-factor/app/remove/", shown_again(own.RemoveApp.as_view()), name="mfa_deactivate_totp"),
    path("passkeys/add/", shown_again(own.AddPasskey.as_view()), name="mfa_add_webauthn"),
    path(
        "passkeys/<int:pk>/remove/",
        shown_again(own.RemovePasskey.as_view(success_url=MY_ACCESS)),
        name="mfa_remove_webauthn",
    ),
    path(
        "passkeys/<int:pk>/edit/",
        shown_again(webauthn.EditWebAuthnView.as_view(success_url=MY_ACCESS)),
        name="mfa_edit_webauthn",
    ),
    path("recovery-codes/", shown_again(own.RecoveryCodes.as_view()), name="mfa_view_recovery_codes"),
    path(
        "recovery-codes/generate/",
        shown_again(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "recovery-codes/download/",
        shown_again(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
for _one in urlpatterns:  # what browsers send, and nothing else
    _one.callback = require_http_methods(["GET", "HEAD", "POST"])(_one.callback)
