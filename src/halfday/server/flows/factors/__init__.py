"""What people prove themselves with: passwords, authenticator apps, passkeys, devices."""
