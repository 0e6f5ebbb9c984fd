"""Which resources and actions a call to a service is about. `table` names the services that have rules of their own."""
