"""What can be pressed under the posts, what is chosen in message menus, and ❌."""
